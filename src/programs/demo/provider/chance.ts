import { createHash } from "node:crypto"

/** From 0 to 1, always the same of the same: what was told once stays true. */
export const chance = (...of: ReadonlyArray<string | number>): number =>
  createHash("sha1").update(of.join("/")).digest().readUInt32LE() / 2 ** 32

export const oneOf = <A>(all: readonly [A, ...ReadonlyArray<A>], ...of: ReadonlyArray<string | number>): A =>
  all[Math.floor(chance(...of) * all.length)] ?? all[0]

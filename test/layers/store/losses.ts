import type { Decide } from "../../fixtures/platter.ts"
import { torn, zeroed } from "../../fixtures/platterContent.ts"

const seeded = (seed: number) => () => {
  // mulberry32
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

const atRandom = (seed: number): Decide => {
  const random = seeded(seed)
  return {
    keepsName: () => random() < 0.5,
    bytes: (safe, now) => [() => safe, zeroed, torn, () => null][Math.floor(random() * 4)]!(safe, now),
  }
}

export interface Loss {
  readonly name: string
  readonly decide: Decide
}

export const losses = (seed: number): ReadonlyArray<Loss> => [
  { name: "nothing unsafe is left", decide: { keepsName: () => false, bytes: (safe) => safe } },
  { name: "names are left, bytes are zeros", decide: { keepsName: () => true, bytes: zeroed } },
  { name: "names are left, bytes are torn", decide: { keepsName: () => true, bytes: torn } },
  { name: "names are left, bytes are not", decide: { keepsName: () => true, bytes: (safe) => safe } },
  { name: "bytes are left, names are not", decide: { keepsName: () => false, bytes: () => null } },
  { name: "what was removed is back", decide: { keepsName: (isMade) => isMade, bytes: () => null } },
  { name: "only removals are left", decide: { keepsName: (isMade) => !isMade, bytes: () => null } },
  ...[1, 2, 3, 4].map((n) => ({ name: `seed ${seed + n}`, decide: atRandom(seed + n) })),
]

/** Those that show nearly every flush that isn't there. */
export const plainLosses: ReadonlySet<string> = new Set([
  "nothing unsafe is left",
  "names are left, bytes are not",
  "bytes are left, names are not",
  "what was removed is back",
  "only removals are left",
])

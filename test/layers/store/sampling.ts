import type { Fault } from "../../fixtures/faultyDisk.ts"

/** Everything, instead of a sample: `npm run torture`. */
export const isTorture = process.env["TORTURE"] !== undefined
/** Or so many times as many as usual. */
const density = Number(process.env["POINTS"] ?? 1)

/** Part of the points, the same each time: every so many-th, spread over whatever tells them apart. */
export const sampled = (every: number, ...point: ReadonlyArray<string | number>): boolean =>
  isTorture || hashOf(point) % Math.max(1, Math.round(every / density)) === 0

const hashOf = (point: ReadonlyArray<string | number>): number => {
  let hash = 2166136261
  for (const character of point.join("/")) hash = Math.imul(hash ^ character.charCodeAt(0), 16777619)
  return (hash ^ (hash >>> 15)) >>> 0
}

/** How much less will do in formats that go the ways of others at nearly every step. */
const thinning: Readonly<Record<string, number>> = { csv: 3, db: 6 }

/** Part of the points of one scenario in one format, and of each kind of step at least one. */
export const sampling = (format: string, scenario: string) => {
  const thinner = thinning[format] ?? 20
  const kinds = new Set<string>()
  return {
    at: (every: number, ...point: ReadonlyArray<string | number>): boolean =>
      sampled(every === 1 ? 1 : every * thinner, format, scenario, ...point),
    /** What a step is to suffer if nothing of its kind has suffered yet; null if something has. */
    first: (change: string): (typeof sufferings)[number] | null => {
      const [kind] = change.split(" ") as [string]
      if (isTorture || kinds.has(kind)) return null
      kinds.add(kind)
      return sufferings[hashOf([format, scenario, kind]) % sufferings.length]!
    },
  }
}

const sufferings = [
  { kind: "fails", code: "EIO" },
  { kind: "fails", code: "EACCES" },
  { kind: "keepsFailing", code: "ENOSPC" },
  { kind: "dies" },
] as const satisfies ReadonlyArray<Fault>

import type { Retention } from "../../services/DatasetStore.ts"
import { movesOnly, overLimits, sparingNeeded } from "../store/retention.ts"
import { timelineOf } from "../store/timeline.ts"
import { bytesOf } from "./content.ts"
import type { Entry, Unit } from "./World.ts"

/** What is kept of the history: the newest, as much of it as the limits allow. */
export const prune = (entries: ReadonlyArray<Entry>, limits: Retention): ReadonlyArray<Entry> => {
  const timeline = timelineOf(entries)
  const sizes = entries.map(({ id, units }) => {
    const inForce = timeline.get(id) === null
    return units.reduce((sum, unit) => sum + costOf(unit, inForce), 0)
  })
  const ids = entries.map(({ id }) => id)
  const isLittle = (at: number): boolean => limits.exactly !== true && movesOnly(entries[at]!, isCursor)
  return entries.slice(sparingNeeded(overLimits(sizes, limits, isLittle), ids, entries))
}

const isCursor = ({ kind }: Unit): boolean => kind === "cursor"

/** Bytes that only the history holds: those of the side that isn't in force, and not of the other one besides. */
const costOf = (unit: Unit, inForce: boolean): number => {
  if (unit.kind === "cursor") return Buffer.byteLength((inForce ? unit.before : unit.after) ?? "")
  const [kept, other] = inForce ? [unit.before, unit.after] : [unit.after, unit.before]
  return bytesOf((kept?.segments ?? []).filter((segment) => other?.segments.includes(segment) !== true))
}

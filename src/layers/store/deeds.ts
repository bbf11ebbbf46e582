import type { Turned } from "../../services/domain/Checkpoint.ts"
import type { Turn, Turnable } from "./timeline.ts"

/** Datasets of which there was nothing before a checkpoint. */
export type BegunBy<P extends Turnable> = (plan: P) => ReadonlyArray<string>

/** What the checkpoints that a rollback turns had done to the rows of each dataset. */
export const deedsTurned = <P extends Turnable>(
  target: P,
  { undone, redone }: Turn<P>,
  begunBy: BegunBy<P>,
): Readonly<Record<string, Turned>> => {
  const oldest = target.toggles === null ? (undone.at(-1) ?? target) : target
  const back = walk(undone.toReversed(), begunBy)
  const forth = walk(redone, begunBy)
  return Object.fromEntries(
    [...new Set([...back.keys(), ...forth.keys()])].map((name) => {
      const [gone, come] = [back.get(name), forth.get(name)]
      const { there: _, ...deeds } = come ?? gone ?? nothing
      const mixed = gone !== undefined && come !== undefined
      const both = { grown: null, began: false, checkpoints: (gone?.checkpoints ?? 0) + (come?.checkpoints ?? 0) }
      return [name, { ...deeds, ...(mixed ? both : {}), since: oldest.id }]
    }),
  )
}

interface Walked extends Omit<Turned, "since"> {
  /** Rows that there are by now; null where nobody knows. */
  readonly there: number | null
}

const nothing: Walked = { new: 0, changed: 0, removed: 0, checkpoints: 0, grown: 0, began: false, there: null }

/** Checkpoints one after the other, the oldest first. */
const walk = <P extends Turnable>(plans: ReadonlyArray<P>, begunBy: BegunBy<P>): ReadonlyMap<string, Walked> => {
  const walked = new Map<string, Walked>()
  for (const plan of plans) {
    const begun = begunBy(plan)
    for (const name of Object.keys(plan.datasets)) {
      const first = begun.includes(name) ? { ...nothing, began: true, there: 0 } : nothing
      walked.set(name, after(walked.get(name) ?? first, plan, name))
    }
  }
  return walked
}

const after = (before: Walked, plan: Turnable, name: string): Walked => {
  const deed = deedOf(plan, name, before.there)
  const growth = deed.isCounted && deed.removed !== null ? deed.new - deed.removed : null
  return {
    new: before.new + deed.new,
    changed: before.changed + deed.changed,
    removed: before.removed === null || deed.removed === null ? null : before.removed + deed.removed,
    checkpoints: before.checkpoints + 1,
    grown: before.grown === null || growth === null ? null : before.grown + growth,
    began: before.began,
    there: deed.replaces ? deed.new : before.there === null || growth === null ? null : before.there + growth,
  }
}

interface Deed extends Pick<Turned, "new" | "changed" | "removed"> {
  /** Nothing is left of what was there. */
  readonly replaces: boolean
  /** `new` and `removed` are all that came and went. */
  readonly isCounted: boolean
}

const untold: Deed = { new: 0, changed: 0, removed: 0, replaces: false, isCounted: true }

/** `there`: how many rows there were before, if that is known. */
const deedOf = ({ datasets, upserted }: Turnable, name: string, there: number | null): Deed => {
  const { mode, rows } = datasets[name]!
  if (mode === "insert") return { ...untold, new: rows }
  if (mode === "replace") return { ...untold, new: rows, removed: there, replaces: true }
  if (mode === "delete") return { ...untold, removed: rows }
  if (mode === "settle") return untold
  const counts = Object.hasOwn(upserted, name) ? upserted[name] : undefined
  // Several actions at once are an update, whatever each of them does; and an old upsert doesn't say.
  if (counts === undefined) return { ...untold, changed: rows, isCounted: false }
  return { ...untold, new: counts.new, changed: counts.changed }
}

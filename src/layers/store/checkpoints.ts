import { Effect } from "effect"
import type { Checkpoint } from "../../services/domain/Checkpoint.ts"
import { type BegunBy, deedsTurned } from "./deeds.ts"
import { begunBy } from "./plan.ts"
import { readHistory } from "./retention.ts"
import { timelineOf, type Turnable } from "./timeline.ts"

/** The history as people see it, newest first. */
export const listCheckpoints = Effect.fnUntraced(function* (home: string) {
  const { plans, damaged } = yield* readHistory(home)
  for (const { message, suggestion } of damaged) yield* Effect.logWarning(`${message}\n  ${suggestion}`)
  return checkpointsOf(plans, begunBy)
})

/** Of plans, oldest first. */
export const checkpointsOf = <P extends Turnable & Pick<Checkpoint, "at">>(
  plans: ReadonlyArray<P>,
  begunBy: BegunBy<P>,
): ReadonlyArray<Checkpoint> => {
  const timeline = timelineOf(plans)
  const known = new Map(plans.map((plan) => [plan.id, plan]))
  return plans
    .map((plan): Checkpoint => {
      const { id, at, cause, datasets, upserted } = plan
      const undoneBy = timeline.get(id) ?? null
      const turned = turnedBy(plan, known, begunBy)
      return { checkpoint_id: id, at, cause, datasets, upserted, began: begunBy(plan), turned, undoneBy }
    })
    .toReversed()
}

/** Of a rollback; what it turned is kept as long as it is, but may be damaged. */
const turnedBy = <P extends Turnable>({ toggles }: P, known: ReadonlyMap<string, P>, begunBy: BegunBy<P>) => {
  if (toggles === null) return {}
  const [target, ...plans] = [toggles.target, ...toggles.undone, ...toggles.redone].map((id) => known.get(id))
  if (target === undefined || plans.includes(undefined)) return {}
  const those = (ids: ReadonlyArray<string>) => ids.flatMap((id) => known.get(id) ?? [])
  return deedsTurned(target, { undone: those(toggles.undone), redone: those(toggles.redone) }, begunBy)
}

import { Effect } from "effect"
import type { Checkpoint } from "../../services/domain/Checkpoint.ts"
import { readHistory } from "./retention.ts"
import { timelineOf, type Turnable } from "./timeline.ts"

/** The history as people see it, newest first. */
export const listCheckpoints = Effect.fnUntraced(function* (home: string) {
  const { plans, damaged } = yield* readHistory(home)
  for (const { message, suggestion } of damaged) yield* Effect.logWarning(`${message}\n  ${suggestion}`)
  return checkpointsOf(plans)
})

/** Of plans, oldest first. */
export const checkpointsOf = (
  plans: ReadonlyArray<Turnable & Pick<Checkpoint, "at" | "cause">>,
): ReadonlyArray<Checkpoint> => {
  const timeline = timelineOf(plans)
  return plans
    .map(({ id, at, cause, datasets, upserted }): Checkpoint => ({
      checkpoint_id: id,
      at,
      cause,
      datasets,
      upserted,
      undoneBy: timeline.get(id) ?? null,
    }))
    .toReversed()
}

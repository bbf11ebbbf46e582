import { Effect } from "effect"
import type { Checkpoint } from "../../services/domain/Checkpoint.ts"
import { CannotUndo, type Foreseen, NothingToUndo, UnknownCheckpoint } from "../../services/History.ts"
import { newestInForce, timelineOf, type Turn, turnBackTo, type Turnable } from "./timeline.ts"

/** What going back to before a checkpoint turns; by default that is the newest run or action in force, all of it. */
export const findTurn = Effect.fnUntraced(function* <P extends Turnable>(
  plans: ReadonlyArray<P>,
  checkpoint: string | null,
) {
  const timeline = timelineOf(plans)
  const target = checkpoint === null ? newestInForce(plans, timeline) : plans.find(({ id }) => id === checkpoint)
  if (checkpoint !== null && target === undefined) return yield* new UnknownCheckpoint({ checkpoint })
  if (target === null || target === undefined) {
    const rollback = plans.findLast(
      (plan) => timeline.get(plan.id) === null && (turnBackTo(plans, timeline, plan)?.redone.length ?? 0) > 0,
    )
    return yield* new NothingToUndo({ rollback: rollback?.id ?? null })
  }
  const by = timeline.get(target.id) ?? null
  if (by !== null) {
    return yield* new CannotUndo({
      checkpoint: target.id,
      detail: `it has been undone by ${by} already`,
      next: `To bring it back, roll back ${by}.`,
    })
  }
  const turn = turnBackTo(plans, timeline, target)
  if (turn === null) {
    return yield* new CannotUndo({
      checkpoint: target.id,
      detail: "a run that had begun before it has written to the same datasets since",
      next: 'Roll back that run first: "openislands history" lists its checkpoints.',
    })
  }
  if (turn.undone.length + turn.redone.length === 0) {
    return yield* new CannotUndo({
      checkpoint: target.id,
      detail: "what it turned is no longer kept",
      next: '"openislands history" lists what can be undone.',
    })
  }
  return { target, turn }
})

/** What comes of it, as people are told. */
export const foreseen = <P extends Turnable>(target: P, turn: Turn<P>): Foreseen => {
  const undone = turn.undone.map(({ id }) => id)
  return {
    undone: target.toggles === null ? undone : [target.id, ...undone],
    redone: turn.redone.map(({ id }) => id),
    datasets: rowsTurned(turn),
  }
}

/** Rows that go or come, by dataset. */
export const rowsTurned = (turn: Turn<Turnable>): Checkpoint["datasets"] => {
  const datasets: Record<string, Checkpoint["datasets"][string]> = {}
  const count = (plans: typeof turn.undone, mode: "undo" | "redo") => {
    for (const plan of plans) {
      for (const [name, { rows }] of Object.entries(plan.datasets)) {
        const before = datasets[name]?.mode === mode ? datasets[name].rows : 0
        datasets[name] = { mode, rows: before + rows }
      }
    }
  }
  count(turn.undone, "undo")
  count(turn.redone, "redo")
  return datasets
}

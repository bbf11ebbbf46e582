import { Effect } from "effect"
import type { Checkpoint } from "../../services/domain/Checkpoint.ts"
import { CannotUndo, type Foreseen, NothingToUndo, UnknownCheckpoint } from "../../services/History.ts"
import { type BegunBy, deedsTurned } from "./deeds.ts"
import { isWhole, newestInForce, timelineOf, type Turn, turnBackTo, type Turnable } from "./timeline.ts"

export interface Found<P extends Turnable> {
  readonly target: P
  readonly turn: Turn<P>
  /** None but for a redo. */
  readonly rollbacks: ReadonlyArray<string>
}

/** What going back to before a checkpoint turns; by default that is the newest run or action in force, all of it. */
export const findTurn = Effect.fnUntraced(function* <P extends Turnable>(
  plans: ReadonlyArray<P>,
  checkpoint: string | null,
) {
  const timeline = timelineOf(plans)
  const target = checkpoint === null ? newestInForce(plans, timeline) : named(plans, checkpoint)
  if (checkpoint !== null && target === undefined) return yield* new UnknownCheckpoint({ checkpoint })
  if (target === null || target === undefined) {
    const rollback = plans.findLast(
      (plan) =>
        timeline.get(plan.id) === null &&
        isWhole(plans, plan) &&
        (turnBackTo(plans, timeline, plan)?.redone.length ?? 0) > 0,
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
  if (turn.undone.length + turn.redone.length === 0 || !isWhole(plans, target)) {
    return yield* new CannotUndo({
      checkpoint: target.id,
      detail: "what it turned is not kept any more, or not all of it",
      next: '"openislands history" lists what can be undone.',
    })
  }
  return { target, turn, rollbacks: target.toggles === null ? [] : turnedWith(plans, target, turn) }
})

/** By its id, or by the number that it begins with while only one does. */
const named = <P extends Turnable>(plans: ReadonlyArray<P>, checkpoint: string): P | undefined => {
  const alike = /^\d{8}$/.test(checkpoint) ? plans.filter(({ id }) => id.startsWith(`${checkpoint}-`)) : []
  return plans.find(({ id }) => id === checkpoint) ?? (alike.length === 1 ? alike[0] : undefined)
}

/** The rollbacks that a redo turns back: the one that was named, and newer ones that have nothing left in force then. */
const turnedWith = <P extends Turnable>(plans: ReadonlyArray<P>, target: P, turn: Turn<P>): ReadonlyArray<string> => {
  const before = timelineOf(plans)
  const ids = (turned: ReadonlyArray<P>) => turned.map(({ id }) => id)
  const redo = { ...target, id: "", toggles: { target: target.id, undone: ids(turn.undone), redone: ids(turn.redone) } }
  const after = timelineOf([...plans, redo])
  const others = plans.filter(
    ({ id, toggles }) => toggles !== null && before.get(id) === null && after.get(id) !== null,
  )
  return [target.id, ...ids(others.toReversed()).filter((id) => id !== target.id)]
}

/** What comes of it, as people are told. */
export const foreseen = <P extends Turnable>({ target, turn, rollbacks }: Found<P>, begunBy: BegunBy<P>): Foreseen => ({
  undone: [...rollbacks, ...turn.undone.map(({ id }) => id)],
  redone: turn.redone.map(({ id }) => id),
  datasets: rowsTurned(turn),
  turned: deedsTurned(target, turn, begunBy),
})

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

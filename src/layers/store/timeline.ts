import type { Checkpoint } from "../../services/domain/Checkpoint.ts"
import type { Plan } from "./plan.ts"

/** What the timeline asks of a committed plan, wherever it is kept. */
export interface Turnable {
  readonly id: string
  /** What it changed; plans with the same path stand on one another. */
  readonly units: ReadonlyArray<{ readonly path: string }>
  /** By name: rows fit the types that they were written under, also where a checkpoint changed only one of the two. */
  readonly datasets: Checkpoint["datasets"]
  readonly upserted: Checkpoint["upserted"]
  readonly cause: Checkpoint["cause"]
  /** Those whose cursor it moved. */
  readonly connectors: ReadonlyArray<string>
  readonly toggles: Plan["toggles"]
}

/**
 * Which checkpoints are in force. The committed plans in order are the whole truth: each sync or action is in force
 * until a rollback turns it, and a rollback is itself undone once everything that it turned was turned again.
 */

/** Checkpoint -> the rollback that undid it, or null while it is in force. */
export type Timeline = ReadonlyMap<string, string | null>

export const timelineOf = (plans: ReadonlyArray<Turnable>): Timeline => {
  const undoneBy = new Map<string, string | null>()
  /** The rollback that turned a checkpoint last, either way. */
  const turnedBy = new Map<string, string>()
  for (const plan of plans) {
    undoneBy.set(plan.id, null)
    if (plan.toggles === null) continue
    const { target, undone, redone } = plan.toggles
    const turned = [...undone, ...redone]
    const earlier = new Set(turned.map((id) => turnedBy.get(id) ?? target))
    for (const id of turned) turnedBy.set(id, plan.id)
    for (const id of undone) undoneBy.set(id, plan.id)
    for (const id of redone) undoneBy.set(id, null)
    const inForce = new Set(turnedBy.values())
    for (const rollback of earlier) if (!inForce.has(rollback)) undoneBy.set(rollback, plan.id)
    undoneBy.set(target, plan.id)
  }
  return undoneBy
}

/** What one rollback turns. */
export interface Turn<P extends Turnable = Plan> {
  /** Newest first. */
  readonly undone: ReadonlyArray<P>
  /** Oldest first. */
  readonly redone: ReadonlyArray<P>
}

/** Connectors whose cursor it moves. */
export const movedBy = ({ undone, redone }: Turn<Turnable>): ReadonlySet<string> =>
  new Set([...undone, ...redone].flatMap(({ connectors }) => connectors))

/** The newest sync or action that is in force; null when there is none. */
export const newestInForce = <P extends Turnable>(plans: ReadonlyArray<P>, timeline: Timeline): P | null =>
  plans.findLast((plan) => plan.toggles === null && timeline.get(plan.id) === null) ?? null

/**
 * Goes back to how things were just before the target, on every file, dataset and cursor that this concerns: whatever came
 * later on those goes with it, and on what that touched besides, until nothing more is touched. Of a run's checkpoints
 * all are undone or none, so that it may go back to before the first of them; null where that would be further than the
 * rollback that is to be turned back.
 */
export const turnBackTo = <P extends Turnable>(
  plans: ReadonlyArray<P>,
  timeline: Timeline,
  target: P,
): Turn<P> | null => {
  for (let from = plans.indexOf(target); ;) {
    const turn = turnBefore(plans, timeline, target, from)
    const runs = new Set(turn.undone.flatMap(runOf))
    const stays = (plan: P) => timeline.get(plan.id) === null && !turn.undone.includes(plan)
    const first = plans.findIndex((plan) => stays(plan) && runOf(plan).some((run) => runs.has(run)))
    if (first < 0) return turn
    if (target.toggles !== null) return null
    from = first
  }
}

/** `from` is the index of the oldest that is turned. */
const turnBefore = <P extends Turnable>(
  plans: ReadonlyArray<P>,
  timeline: Timeline,
  target: P,
  from: number,
): Turn<P> => {
  const before = timelineOf(plans.slice(0, from))
  const differs = plans.filter(
    (plan) => plan.toggles === null && (timeline.get(plan.id) === null) !== (before.get(plan.id) === null),
  )
  const concerned = new Set<P>(
    target.toggles === null
      ? [target]
      : differs.filter(({ id }) => target.toggles!.undone.includes(id) || target.toggles!.redone.includes(id)),
  )
  const changed = new Set([...concerned].flatMap(changedBy))
  const read = new Set([...concerned].flatMap(readBy))
  for (let grown = true; grown;) {
    grown = false
    for (const plan of differs) {
      const stands = changedBy(plan).some((part) => changed.has(part) || read.has(part))
      if (concerned.has(plan) || !(stands || readBy(plan).some((part) => changed.has(part)))) continue
      concerned.add(plan)
      for (const part of changedBy(plan)) changed.add(part)
      for (const part of readBy(plan)) read.add(part)
      grown = true
    }
  }
  const turned = plans.filter((plan) => concerned.has(plan))
  return {
    undone: turned.filter(({ id }) => timeline.get(id) === null).toReversed(),
    redone: turned.filter(({ id }) => timeline.get(id) !== null),
  }
}

/** Whether all that a rollback turned is there: a part of it would bring a cursor back without the rows that it stands for. */
export const isWhole = (plans: ReadonlyArray<Turnable>, { toggles }: Turnable): boolean => {
  const ids = new Set(plans.map(({ id }) => id))
  return [...(toggles?.undone ?? []), ...(toggles?.redone ?? [])].every((id) => ids.has(id))
}

/** The sync that a checkpoint is part of, if it is of one. */
export const runOf = ({ cause: { type, connector, runId } }: Pick<Turnable, "cause">): ReadonlyArray<string> =>
  type === "sync" && runId !== null ? [`run ${connector} ${runId}`] : []

/** A run's checkpoints hang together as if all of them changed one thing. */
const changedBy = ({ units, datasets, connectors, cause }: Turnable): ReadonlyArray<string> => [
  ...runOf({ cause }),
  ...units.map((unit) => `file ${unit.path}`),
  ...Object.keys(datasets).map((name) => `dataset ${name}`),
  ...connectors.map((name) => `cursor ${name}`),
]

/** What a sync brought is what there was since its cursor, also when that stayed where it was. */
const readBy = ({ cause: { connector } }: Turnable): ReadonlyArray<string> =>
  connector === null ? [] : [`cursor ${connector}`]

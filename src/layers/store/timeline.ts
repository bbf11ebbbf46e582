import type { Plan } from "./plan.ts"

/**
 * Which checkpoints are in force. The committed plans in order are the whole truth: each sync or action is in force
 * until a rollback turns it, and a rollback is itself undone when nothing that it turned is turned any more.
 */

/** Checkpoint -> the rollback that undid it, or null while it is in force. */
export type Timeline = ReadonlyMap<string, string | null>

export const timelineOf = (plans: ReadonlyArray<Plan>): Timeline => {
  const undoneBy = new Map<string, string | null>()
  for (const plan of plans) {
    undoneBy.set(plan.id, null)
    if (plan.toggles === null) continue
    for (const id of plan.toggles.undone) undoneBy.set(id, plan.id)
    for (const id of plan.toggles.redone) {
      const by = undoneBy.get(id) ?? null
      undoneBy.set(id, null)
      const turnsStill = by !== null && [...undoneBy.values()].includes(by)
      if (by !== null && !turnsStill) undoneBy.set(by, plan.id)
    }
    if (plan.toggles.target !== plan.id && isRollback(plans, plan.toggles.target)) {
      undoneBy.set(plan.toggles.target, plan.id)
    }
  }
  return undoneBy
}

const isRollback = (plans: ReadonlyArray<Plan>, id: string): boolean =>
  plans.some((plan) => plan.id === id && plan.toggles !== null)

/** What one rollback turns. */
export interface Turn {
  /** Newest first. */
  readonly undone: ReadonlyArray<Plan>
  /** Oldest first. */
  readonly redone: ReadonlyArray<Plan>
}

/** The newest sync or action that is in force; null when there is none. */
export const newestInForce = (plans: ReadonlyArray<Plan>, timeline: Timeline): Plan | null =>
  plans.findLast((plan) => plan.toggles === null && timeline.get(plan.id) === null) ?? null

/**
 * Goes back to how things were just before the target, on every file that this concerns: whatever came later on those
 * files goes with it, and on the files that it touched besides, until nothing more is touched.
 */
export const turnBackTo = (plans: ReadonlyArray<Plan>, timeline: Timeline, target: Plan): Turn => {
  const before = timelineOf(plans.slice(0, plans.indexOf(target)))
  const differs = plans.filter(
    (plan) => plan.toggles === null && (timeline.get(plan.id) === null) !== (before.get(plan.id) === null),
  )
  const concerned = new Set<Plan>(
    target.toggles === null
      ? [target]
      : differs.filter(({ id }) => target.toggles!.undone.includes(id) || target.toggles!.redone.includes(id)),
  )
  const files = new Set([...concerned].flatMap(filesOf))
  for (let grown = true; grown;) {
    grown = false
    for (const plan of differs) {
      if (concerned.has(plan) || !filesOf(plan).some((file) => files.has(file))) continue
      concerned.add(plan)
      for (const file of filesOf(plan)) files.add(file)
      grown = true
    }
  }
  const turned = plans.filter((plan) => concerned.has(plan))
  return {
    undone: turned.filter(({ id }) => timeline.get(id) === null).toReversed(),
    redone: turned.filter(({ id }) => timeline.get(id) !== null),
  }
}

const filesOf = (plan: Plan): ReadonlyArray<string> => plan.units.map((unit) => unit.path)

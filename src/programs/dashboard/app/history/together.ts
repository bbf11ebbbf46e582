import type { Checkpoint } from "../../../../services/domain/Checkpoint.ts"

export interface Together {
  /** Newest first. */
  readonly undone: ReadonlyArray<Checkpoint>
  readonly redone: ReadonlyArray<Checkpoint>
}

/**
 * What rolling back a checkpoint takes with it, as far as the history tells (newest first): what came later on the
 * same datasets or from the same connectors, what stands on that in turn, and all of a run.
 */
export const togetherWith = (checkpoints: ReadonlyArray<Checkpoint>, target: Checkpoint): Together => {
  const isRedo = target.cause.type === "rollback"
  const redone = checkpoints.filter(
    ({ undoneBy, cause }) => undoneBy === target.checkpoint_id && cause.type !== "rollback",
  )
  const concerned = new Set<Checkpoint>(isRedo ? redone : [target])
  const parts = new Set([target, ...concerned].flatMap(partsOf))
  let oldest = checkpoints.indexOf(target)
  for (let grown = true; grown;) {
    grown = false
    for (const [index, one] of checkpoints.entries()) {
      const isInForce = one.undoneBy === null && one.cause.type !== "rollback"
      const isOfRun = runOf(one).some((run) => parts.has(run))
      if (concerned.has(one) || !isInForce) continue
      if (index > oldest ? !isOfRun : !partsOf(one).some((part) => parts.has(part))) continue
      concerned.add(one)
      for (const part of partsOf(one)) parts.add(part)
      oldest = Math.max(oldest, index)
      grown = true
    }
  }
  return {
    undone: checkpoints.filter((one) => concerned.has(one) && one.undoneBy === null),
    redone: isRedo ? redone : [],
  }
}

const runOf = ({ cause: { connector, runId } }: Checkpoint): ReadonlyArray<string> =>
  runId === null ? [] : [`run ${connector} ${runId}`]

const partsOf = (checkpoint: Checkpoint): ReadonlyArray<string> => {
  const { connector } = checkpoint.cause
  return [
    ...runOf(checkpoint),
    ...Object.keys(checkpoint.datasets).map((name) => `dataset ${name}`),
    ...(connector === null ? [] : [`cursor ${connector}`]),
  ]
}

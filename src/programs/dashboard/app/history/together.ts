import type { Checkpoint } from "../../../../services/domain/Checkpoint.ts"
import type { Foreseen } from "../../../../services/History.ts"

/** What a rollback takes with it, as the server foresees it. */
export interface Together {
  /** Newest first. */
  readonly undone: ReadonlyArray<Checkpoint>
  readonly redone: ReadonlyArray<Checkpoint>
  /** Undone, and older than the history that is on screen. */
  readonly older: number
  /** All of it together. */
  readonly datasets: Foreseen["datasets"]
  readonly turned: Foreseen["turned"]
}

export const togetherOf = (
  { undone, redone, ...inAll }: Foreseen,
  checkpoints: ReadonlyArray<Checkpoint>,
): Together => {
  const known = new Map(checkpoints.map((one) => [one.checkpoint_id, one]))
  const those = (ids: ReadonlyArray<string>) => ids.flatMap((id) => known.get(id) ?? [])
  const older = undone.filter((id) => !known.has(id)).length
  return { undone: those(undone), redone: those(redone), older, ...inAll }
}

import { Semaphore } from "effect"
import type { Checkpoint } from "../../services/domain/Checkpoint.ts"
import type { Turnable } from "../store/timeline.ts"
import type { Content } from "./content.ts"

/** One value that a checkpoint changed, and both of its sides; null is none. Plans know it by its path. */
export type Unit =
  | {
      readonly kind: "dataset"
      readonly path: `datasets/${string}`
      readonly name: string
      readonly before: Content | null
      readonly after: Content | null
    }
  | {
      readonly kind: "cursor"
      readonly path: `cursors/${string}`
      readonly name: string
      readonly before: string | null
      readonly after: string | null
    }

/** A checkpoint, with what it takes to turn it. */
export interface Entry extends Turnable, Pick<Checkpoint, "at" | "cause"> {
  readonly units: ReadonlyArray<Unit>
}

/** Datasets of which there was nothing before it. */
export const begunBy = ({ units }: Entry): ReadonlyArray<string> =>
  units.flatMap((unit) => (unit.kind === "dataset" && unit.before === null ? [unit.name] : []))

/** A project's data as it stands. Its values are never changed, only replaced, so whoever reads one has a snapshot. */
export class World {
  /** By name; an empty dataset has no entry. */
  readonly datasets = new Map<string, Content>()
  /** By connector, as JSON text. */
  readonly cursors = new Map<string, string>()
  /** Oldest first. */
  entries: ReadonlyArray<Entry> = []
  /** Taken for whatever looks and then changes something. */
  readonly commits = Semaphore.makeUnsafe(1)

  put(unit: Unit, side: "before" | "after"): void {
    if (unit.kind === "dataset") set(this.datasets, unit.name, unit[side])
    else set(this.cursors, unit.name, unit[side])
  }
}

const set = <A>(map: Map<string, A>, name: string, value: A | null): void => {
  if (value === null) map.delete(name)
  else map.set(name, value)
}

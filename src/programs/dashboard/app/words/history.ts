import type { Checkpoint } from "../../../../services/domain/Checkpoint.ts"
import { countedText, countsOf, turnedText } from "../../../answers/rowWords.ts"
import { counted, number } from "./intl.ts"

export const causeOf = (checkpoint: Checkpoint): string => {
  const { type, connector, action } = checkpoint.cause
  if (type === "sync") return `Sync of ${connector}`
  if (type === "action") return `Action ${action}`
  return isRedo(checkpoint) ? "Redo" : "Undo"
}

/** A rollback of a rollback: what that undid is in force again. */
export const isRedo = ({ cause, datasets }: Checkpoint): boolean =>
  cause.type === "rollback" && Object.values(datasets).some(({ mode }) => mode === "redo")

export const isUndo = (checkpoint: Checkpoint): boolean => checkpoint.cause.type === "rollback" && !isRedo(checkpoint)

type Change = Checkpoint["datasets"][string]

const did: Readonly<Record<Change["mode"], (rows: string) => string>> = {
  insert: (rows) => `${rows} added`,
  replace: (rows) => `replaced by ${rows}`,
  upsert: (rows) => `${rows} added or updated`,
  delete: (rows) => `${rows} removed`,
  update: (rows) => `${rows} changed`,
  settle: () => "types of columns changed",
  undo: (rows) => `${rows} undone`,
  redo: (rows) => `${rows} brought back`,
}

/** Of a checkpoint; of a rollback that is foreseen or was made just now what it turns is all that there is to know. */
type Facts = Pick<Checkpoint, "turned"> & Partial<Pick<Checkpoint, "upserted" | "began">>

/** What a checkpoint did to a dataset: `12 rows added`, `4 rows added, 1 the same`, `12 rows taken back`. */
export const changeOf = ({ upserted = {}, began = [], turned }: Facts, change: Change, name: string): string => {
  const deeds = Object.hasOwn(turned, name) ? turned[name] : undefined
  if (deeds !== undefined) return turnedText(deeds, change.mode === "redo", number, "as it was before")
  const { rows } = change
  // A replace of nothing only adds.
  const mode = change.mode === "replace" && began.includes(name) ? "insert" : change.mode
  const counts = mode === "upsert" ? countsOf(upserted, name, rows) : null
  if (counts === null) return did[mode]?.(counted(rows, "row")) ?? `${mode}: ${counted(rows, "row")}`
  const parts = [
    [counts.new, "added"],
    [counts.changed, "changed"],
    [counts.unchanged, "the same"],
  ] as const
  return countedText(parts, number)
}

import type { Checkpoint } from "../../../../services/domain/Checkpoint.ts"
import { counted } from "./intl.ts"

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
  settle: () => "types of columns changed",
  undo: (rows) => `${rows} undone`,
  redo: (rows) => `${rows} brought back`,
}

/** `12 rows added` */
export const changeOf = ({ mode, rows }: Change): string =>
  did[mode]?.(counted(rows, "row")) ?? `${mode}: ${counted(rows, "row")}`

const undoes: Readonly<Record<Change["mode"], (rows: string) => string>> = {
  insert: (rows) => `${rows} go away`,
  replace: (rows) => `what was there before its ${rows} comes back`,
  upsert: (rows) => `${rows} go away, or back to what they were`,
  settle: () => "columns get their former types back",
  undo: (rows) => `${rows} come back`,
  redo: (rows) => `${rows} go away again`,
}

/** What undoing a change does to its dataset. */
export const undoOf = ({ mode, rows }: Change): string =>
  undoes[mode]?.(counted(rows, "row")) ?? `what it did to ${counted(rows, "row")} is taken back`

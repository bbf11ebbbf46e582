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
  delete: (rows) => `${rows} removed`,
  update: (rows) => `${rows} changed`,
  settle: () => "types of columns changed",
  undo: (rows) => `${rows} undone`,
  redo: (rows) => `${rows} brought back`,
}

/** `12 rows added` */
export const changeOf = ({ mode, rows }: Change): string =>
  did[mode]?.(counted(rows, "row")) ?? `${mode}: ${counted(rows, "row")}`

const undoes: Readonly<Record<Change["mode"], (rows: string) => string>> = {
  insert: (rows) => `${rows} taken out`,
  replace: (rows) => `what was there before its ${rows} is back`,
  upsert: (rows) => `${rows} taken out, or put back to what there was`,
  delete: (rows) => `${rows} brought back`,
  update: (rows) => `${rows} put back to what there was`,
  settle: () => "columns get their former types back",
  undo: (rows) => `${rows} brought back`,
  redo: (rows) => `${rows} taken out again`,
}

/** What undoing a change does to its dataset. */
export const undoOf = ({ mode, rows }: Change): string =>
  undoes[mode]?.(counted(rows, "row")) ?? `what it did to ${counted(rows, "row")} is taken back`

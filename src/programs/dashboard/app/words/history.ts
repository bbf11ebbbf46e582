import type { Checkpoint } from "../../../../services/domain/Checkpoint.ts"
import type { Foreseen } from "../../../../services/History.ts"
import { countsOf, rowsText, turnedText } from "../../../answers/rowWords.ts"
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

/** What a checkpoint did to a dataset: `12 rows added`, `4 rows added, 1 the same`. */
export const changeOf = ({ upserted }: Pick<Checkpoint, "upserted">, { mode, rows }: Change, name: string): string => {
  const counts = mode === "upsert" ? countsOf(upserted, name, rows) : null
  if (counts === null) return did[mode]?.(counted(rows, "row")) ?? `${mode}: ${counted(rows, "row")}`
  const parts = [
    [counts.new, "added"],
    [counts.changed, "changed"],
    [counts.unchanged, "the same"],
  ] as const
  return rowsText(parts, number)
}

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

/** What undoing a checkpoint does to a dataset. */
export const undoOf = ({ upserted }: Pick<Checkpoint, "upserted">, { mode, rows }: Change, name: string): string => {
  const counts = mode === "upsert" ? countsOf(upserted, name, rows) : null
  if (counts === null || counts.new + counts.changed === 0)
    return undoes[mode]?.(counted(rows, "row")) ?? `what it did to ${counted(rows, "row")} is taken back`
  const parts = [
    [counts.new, "taken out"],
    [counts.changed, "put back to what there was"],
  ] as const
  return rowsText(parts, number)
}

/** What a rollback does, or did, to a dataset, whatever the checkpoints are that it turns. */
export const turnOf = ({ turned }: Pick<Foreseen, "turned">, change: Change, name: string): string => {
  const deeds = Object.hasOwn(turned, name) ? turned[name] : undefined
  return deeds === undefined
    ? changeOf({ upserted: {} }, change, name)
    : turnedText(deeds, change.mode === "redo", number)
}

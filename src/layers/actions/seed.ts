import type { Column, Contract } from "../../services/domain/Contract.ts"
import type { Edit } from "../../services/domain/Edits.ts"
import type { ActionEntry, FieldType } from "../../services/domain/Manifest.ts"

/** What columns an empty dataset gets: those that its actions name, of the types that they say, then what else rows bring. */
export const seedOf = (actions: ReadonlyArray<ActionEntry>, edits: ReadonlyArray<Edit>): Contract => {
  const types = new Map<string, FieldType | null>()
  for (const { fields } of actions) {
    for (const [name, { type }] of fields) types.set(name, types.get(name) ?? type)
  }
  for (const edit of edits) {
    for (const row of "rows" in edit ? edit.rows : edit.mode === "update" ? [edit.set] : []) {
      for (const name of Object.keys(row)) if (!types.has(name)) types.set(name, null)
    }
  }
  const columns = [...types].map(([name, type]): Column => ({ name, type: type ?? "unknown", optional: false }))
  return { columns }
}

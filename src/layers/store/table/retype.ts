import type { Column, Contract } from "../../../services/domain/Contract.ts"
import { folded, inMain, quoted } from "./names.ts"
import { columnNamed, type TableShape } from "./shape.ts"

/** Statements that make JSON text of the cells of columns that became json. */
export function retypedToJson(shape: TableShape, contract: Contract, previous: Contract | null): ReadonlyArray<string> {
  if (previous === null) return []
  return contract.columns.flatMap(({ name, type }) => {
    const was = previous.columns.find((column) => folded(column.name) === folded(name))
    const column = columnNamed(shape, name)
    if (type !== "json" || was === undefined || column === undefined) return []
    const text = jsonOf(was, quoted(column.name))
    if (text === null) return []
    return [
      `UPDATE ${inMain(shape.name)} SET ${quoted(column.name)} = ${text} WHERE ${quoted(column.name)} IS NOT NULL`,
    ]
  })
}

/** Numbers are JSON as they are; null where nothing has to be done. */
function jsonOf({ type }: Column, cell: string): string | null {
  switch (type) {
    case "boolean":
      return `iif(${cell}, 'true', 'false')`
    case "string":
    case "date":
    case "timestamp":
      return `CASE typeof(${cell}) WHEN 'text' THEN json_quote(${cell}) WHEN 'blob' THEN json_quote(hex(${cell})) ELSE ${cell} END`
    case "integer":
    case "number":
    case "json":
    case "unknown":
      return null
  }
}

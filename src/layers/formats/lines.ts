import { csvCell, jsonCell } from "./cells.ts"
import { isPlainJson } from "./jsonText.ts"
import type { RowPlan } from "./rowShapes.ts"
import { describeThrown, Refusal, RowError } from "./rowError.ts"
import { bitOfText, STRING } from "./values.ts"

/** A row as a CSV record, its line break included. Throws a `RowError`. */
export function csvLine(plan: RowPlan, row: object, index: number): string {
  const { columns, before } = plan
  let line = ""
  let at = 0
  try {
    for (; at < columns.length; at++) {
      const column = columns[at]!
      line += before[at]!
      line += csvCell(column, (row as Record<string, unknown>)[column.name], index)
    }
    return line + plan.after
  } catch (error) {
    throw rowError(error, index, columns[at]?.name ?? null)
  }
}

/** A row as a line of JSON, its line break included. Throws a `RowError`. */
export function jsonLine(plan: RowPlan, row: object, index: number): string {
  const { columns } = plan
  let line = ""
  let at = 0
  /** The closing quote of the last cell is still to come. */
  let open = false
  try {
    for (; at < columns.length; at++) {
      const column = columns[at]!
      const value = (row as Record<string, unknown>)[column.name]
      if (typeof value === "string") {
        const bit = (column.mask & STRING) !== 0 ? STRING : bitOfText(value)
        if ((column.mask & bit) === 0) column.see(bit, index, value)
        if (bit !== STRING || isPlainJson(value)) {
          line += open ? plan.between[at]! : plan.opening[at]!
          line += value
          open = true
          continue
        }
      }
      line += open ? plan.closing[at]! : plan.before[at]!
      line += jsonCell(column, value, index)
      open = false
    }
    return open ? line + '"' + plan.after : line + plan.after
  } catch (error) {
    throw rowError(error, index, columns[at]?.name ?? null)
  }
}

/** Whatever went wrong with a row as a `RowError`; also what a getter or a proxy of the guest threw. */
export function rowError(error: unknown, row: number, column: string | null): RowError {
  if (RowError.is(error)) return error
  if (Refusal.is(error)) return new RowError({ row, column, expected: error.expected, got: error.got })
  return new RowError({ row, column, expected: "a readable value", got: describeThrown(error) })
}

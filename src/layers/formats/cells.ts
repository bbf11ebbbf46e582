import type { ColumnTally } from "./columnTally.ts"
import { csvText } from "./csvText.ts"
import { bigintText, integerText, jsonString, jsonText } from "./jsonText.ts"
import { describe, Refusal } from "./rowError.ts"
import { bitOfNumber, bitOfText, BOOLEAN, INTEGER, isoOfDate, JSON_VALUE, STRING, TIMESTAMP } from "./values.ts"

/** A value as a CSV cell, noting its class on the column; null is nothing. Refuses what no column can hold. */
export function csvCell(column: ColumnTally, value: unknown, row: number): string {
  if (typeof value === "string" && !column.asJson) {
    // Once plain text was seen, whether other texts look like dates no longer matters.
    if ((column.mask & STRING) !== 0) return csvText(value)
    const bit = bitOfText(value)
    if ((column.mask & bit) === 0) column.see(bit, row, value)
    return bit === STRING ? csvText(value) : value
  }
  if (typeof value === "number") {
    const bit = bitOfNumber(value)
    if ((column.mask & bit) === 0) column.see(bit, row, value)
    return bit === INTEGER ? integerText(value) : "" + value
  }
  return rareCell(column, value, row, true)
}

/** A value as JSON text, noting its class on the column. Refuses what no column can hold. */
export function jsonCell(column: ColumnTally, value: unknown, row: number): string {
  if (typeof value === "string") {
    if ((column.mask & STRING) !== 0) return jsonString(value)
    const bit = bitOfText(value)
    if ((column.mask & bit) === 0) column.see(bit, row, value)
    return bit === STRING ? jsonString(value) : '"' + value + '"'
  }
  if (typeof value === "number") {
    const bit = bitOfNumber(value)
    if ((column.mask & bit) === 0) column.see(bit, row, value)
    return bit === INTEGER ? integerText(value) : "" + value
  }
  return rareCell(column, value, row, false)
}

function rareCell(column: ColumnTally, value: unknown, row: number, csv: boolean): string {
  if (value === null || value === undefined) {
    column.nulls = true
    return csv ? "" : "null"
  }
  switch (typeof value) {
    case "boolean":
      if ((column.mask & BOOLEAN) === 0) column.see(BOOLEAN, row, value)
      return value ? "true" : "false"
    case "bigint": {
      const text = bigintText(value)
      if ((column.mask & INTEGER) === 0) column.see(INTEGER, row, value)
      return text
    }
    case "string": {
      const bit = bitOfText(value)
      if ((column.mask & bit) === 0) column.see(bit, row, value)
      return csvText(jsonString(value))
    }
    case "object": {
      const iso = isoOfDate(value)
      const bit = iso === null ? JSON_VALUE : TIMESTAMP
      const text = iso === null ? jsonText(value) : csv && !column.asJson ? iso : '"' + iso + '"'
      if ((column.mask & bit) === 0) column.see(bit, row, value)
      return csv ? csvText(text) : text
    }
    default:
      throw new Refusal("a value", describe(value))
  }
}

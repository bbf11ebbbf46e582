import { isDate, isTimestamp } from "./calendar.ts"
import { integerOf, isIntegerText, isNumberText } from "./cellText.ts"
import type { Column, ColumnType, Contract } from "../../services/domain/Contract.ts"
import type { CsvRecord } from "./csvReader.ts"
import type { Row } from "../../services/domain/Row.ts"
import type { JsonRow } from "./jsonl.ts"
import { parseJson } from "./losslessJson.ts"
import { describe } from "./rowError.ts"

/** A cell of a file that doesn't fit its column. */
export class CellIssue {
  /** 0-based, the header not counted; null when the column as a whole is at fault. */
  readonly row: number | null
  /** Null when the row as a whole is at fault. */
  readonly column: string | null
  readonly expected: string
  readonly got: string

  constructor(row: number | null, column: string | null, expected: string, got: string) {
    this.row = row
    this.column = column
    this.expected = expected
    this.got = got
  }

  /** For a person. `place` is what the row is called, `""` where that has been said. */
  told(place = this.row === null ? "" : `row ${this.row + 1} (counted from 1)`): string {
    const column = this.column === null ? [] : [`column ${JSON.stringify(this.column)}`]
    const where = [...(place === "" ? [] : [place]), ...column].join(", ")
    return `${where === "" ? "it" : where} should be ${this.expected}, it is ${this.got}`
  }
}

/** No cell decodes to this, so it says that a cell doesn't fit. */
const MISFIT = Symbol("misfit")

/** Sets a column, also one named `__proto__`. */
export function put(row: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== "__proto__") row[name] = value
  else Object.defineProperty(row, name, { value, writable: true, enumerable: true, configurable: true })
}

function cellOf(type: ColumnType, text: string): unknown {
  switch (type) {
    case "string":
    case "unknown":
      return text
    case "integer":
      return isIntegerText(text) ? integerOf(text) : MISFIT
    case "number":
      return isNumberText(text) ? Number(text) + 0 : MISFIT
    case "boolean":
      return text === "true" ? true : text === "false" ? false : MISFIT
    case "date":
      return isDate(text) ? text : MISFIT
    case "timestamp":
      return isTimestamp(text) || isDate(text) ? text : MISFIT
    case "json":
      try {
        return parseJson(text)
      } catch {
        return MISFIT
      }
  }
}

/** Decodes CSV records whose fields are in the order of `header`; fields that are nothing and columns the header lacks are null. */
export function csvDecoder(
  contract: Contract,
  header: ReadonlyArray<string>,
): (record: CsvRecord, row: number) => Row | CellIssue {
  // The first of a name counts.
  const places = new Map(header.map((name, at) => [name, at] as const).toReversed())
  const indexes = contract.columns.map(({ name }) => places.get(name) ?? -1)
  return (record, index) => {
    if (record.length > header.length) {
      return new CellIssue(index, null, `a record of at most ${header.length} fields`, `one of ${record.length}`)
    }
    const row: Record<string, unknown> = {}
    for (let at = 0; at < indexes.length; at++) {
      const { name, type } = contract.columns[at]!
      const text = record[indexes[at]!] ?? null
      const value = text === null ? null : cellOf(type, text)
      if (value === MISFIT) return new CellIssue(index, name, type, describe(text))
      put(row, name, value)
    }
    return row
  }
}

function valueOf({ type, mixed }: Column, value: unknown): unknown {
  if (value === null) return null
  switch (type) {
    case "string":
      return typeof value === "string" || (mixed === true && typeof value !== "object") ? value : MISFIT
    case "integer":
      if (typeof value === "bigint") return value
      if (typeof value !== "number" || !Number.isInteger(value)) return MISFIT
      return Number.isSafeInteger(value) ? value + 0 : BigInt(value)
    case "number":
      if (typeof value === "bigint") return Number(value)
      return typeof value === "number" && Number.isFinite(value) ? value + 0 : MISFIT
    case "boolean":
      return typeof value === "boolean" ? value : MISFIT
    case "date":
      return typeof value === "string" && isDate(value) ? value : MISFIT
    case "timestamp":
      return typeof value === "string" && (isTimestamp(value) || isDate(value)) ? value : MISFIT
    case "json":
    case "unknown":
      return value
  }
}

/** Decodes rows of JSON; keys come in the contract's order, absent ones stay absent, unknown ones are an issue. */
export function jsonDecoder(contract: Contract): (row: JsonRow, index: number) => Row | CellIssue {
  const names = new Set(contract.columns.map((column) => column.name))
  return (source, index) => {
    const row: Record<string, unknown> = {}
    let found = 0
    for (const column of contract.columns) {
      if (!Object.hasOwn(source, column.name)) continue
      found++
      const value = valueOf(column, source[column.name])
      if (value === MISFIT) return new CellIssue(index, column.name, column.type, describe(source[column.name]))
      put(row, column.name, value)
    }
    const keys = Object.keys(source)
    if (keys.length === found) return row
    const extra = keys.find((key) => !names.has(key)) ?? null
    return new CellIssue(index, extra, "a column of the contract", "a new column")
  }
}

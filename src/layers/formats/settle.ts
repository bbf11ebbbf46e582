import type { Codec, Column, ColumnType } from "../../services/domain/Contract.ts"
import { ANY, BOOLEAN, bitOfType, DATE, INTEGER, JSON_VALUE, NUMBER, STRING, TIMESTAMP, typeOfBit } from "./values.ts"

/** A column's type without its name. */
export interface Settled {
  readonly type: ColumnType
  /** See `Column.mixed`. */
  readonly mixed: boolean
}

/**
 * The one type for all classes in `mask`: integer with number is number, date with timestamp is timestamp, text with
 * dates is string. Any other mix is a mixed string column in CSV and json elsewhere; no class at all is unknown.
 */
export function join(mask: number, codec: Codec): Settled {
  if ((mask & (mask - 1)) === 0) return { type: typeOfBit(mask), mixed: false }
  if ((mask & ~(INTEGER | NUMBER)) === 0) return { type: "number", mixed: false }
  if ((mask & ~(DATE | TIMESTAMP)) === 0) return { type: "timestamp", mixed: false }
  if ((mask & ~(DATE | TIMESTAMP | STRING)) === 0) return { type: "string", mixed: false }
  return codec === "csv" ? { type: "string", mixed: true } : { type: "json", mixed: false }
}

/** The classes whose values a settled column takes as it is. */
function fitMask(column: Pick<Column, "type" | "mixed">, codec: Codec): number {
  switch (column.type) {
    case "integer":
      return INTEGER
    case "number":
      return INTEGER | NUMBER
    case "boolean":
      return BOOLEAN
    case "date":
      return DATE
    case "timestamp":
      return DATE | TIMESTAMP
    case "string":
      if (column.mixed === true) return codec === "csv" ? ANY : ANY & ~JSON_VALUE
      return DATE | TIMESTAMP | STRING
    case "json":
    case "unknown":
      return ANY
  }
}

/** `fitMask` and what widens under every policy: JavaScript has no 70.0, so a number may arrive in a column of integers. */
export function acceptMask(column: Pick<Column, "type" | "mixed">, codec: Codec): number {
  return column.type === "integer" ? INTEGER | NUMBER : fitMask(column, codec)
}

/** The type that a column needs to take the classes in `mask` besides what it holds already. */
export function widen(column: Pick<Column, "type" | "mixed">, mask: number, codec: Codec): Settled {
  if (column.type !== "unknown" && (mask & ~fitMask(column, codec)) === 0) {
    return { type: column.type, mixed: column.mixed === true }
  }
  return join(bitOfType(column.type) | mask, codec)
}

import type { DuckDBType, DuckDBValue } from "@duckdb/node-api"
import type { Column, ColumnType } from "../../../services/domain/Contract.ts"
import { integerText, jsonText } from "../jsonText.ts"
import { describe, Refusal } from "../rowError.ts"
import type { Library } from "./duckDb.ts"
import { daysOf, microsOf } from "./instants.ts"

/** How columns of each type are kept in Parquet; one that has only been null is text. */
export function storedType(library: Library, type: ColumnType): DuckDBType {
  switch (type) {
    case "integer":
      return library.BIGINT
    case "number":
      return library.DOUBLE
    case "boolean":
      return library.BOOLEAN
    case "date":
      return library.DATE
    case "timestamp":
      return library.TIMESTAMPTZ
    case "json":
      return library.DuckDBVarCharType.create("JSON")
    case "string":
    case "unknown":
      return library.VARCHAR
  }
}

/** Makes values as `jsonDecoder` gives them, never null, into DuckDB's. Throws a `Refusal` for what Parquet can't keep. */
export function encoder(library: Library, { type }: Column): (value: unknown) => DuckDBValue {
  switch (type) {
    case "integer":
      return integer
    case "number":
      return number
    case "boolean":
      return (value) => value as boolean
    case "date":
      return (value) => new library.DuckDBDateValue(daysOf(value as string))
    case "timestamp":
      return (value) => new library.DuckDBTimestampTZValue(microsOf(value as string))
    case "string":
      return string
    case "json":
      return json
    case "unknown":
      return (value) => {
        throw new Refusal("null", describe(value))
      }
  }
}

function integer(value: unknown): bigint {
  const whole = BigInt(value as number | bigint)
  if (BigInt.asIntN(64, whole) !== whole) throw new Refusal("an integer of at most 64 bits", describe(whole))
  return whole
}

function number(value: unknown): number {
  if (!Number.isFinite(value)) throw new Refusal("a finite number", "a larger one")
  return value as number
}

/** A lone surrogate, which only a forged row has, would be replaced without a word. */
function string(value: unknown): string {
  if (typeof value !== "string") throw new Refusal("text", describe(value))
  if (!value.isWellFormed()) throw new Refusal("well-formed text", "a lone surrogate")
  return value
}

/** The text that the row had in JSON Lines. */
function json(value: unknown): string {
  return Number.isInteger(value) ? integerText(value as number) : jsonText(value)
}

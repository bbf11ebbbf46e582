import type { SQLInputValue } from "node:sqlite"
import type { Column } from "../../../services/domain/Contract.ts"
import { jsonText } from "../../formats/jsonText.ts"
import { describe, Refusal } from "../../formats/rowError.ts"
import { keepsText } from "./affinity.ts"
import type { TableColumn } from "./shape.ts"

/** Makes a value of a decoded row one of SQLite; throws a `Refusal` when the column would turn it into another. */
export type Bind = (value: unknown) => SQLInputValue

/**
 * How the values of a contract's column go into a table's. A number is bound as a bigint where an integer is meant,
 * because every JavaScript number is a real to SQLite.
 */
export function binderOf({ type, mixed }: Column, target: TableColumn): Bind {
  const { affinity } = target
  switch (type) {
    case "string":
      return mixed === true ? mixedValue : textBinder(target)
    case "date":
    case "timestamp":
      return textBinder(target)
    case "integer":
      return (value) => {
        if (affinity === "TEXT") throw changed(target, value)
        const integer = int64(value as number | bigint)
        if (affinity === "REAL" && BigInt(Number(integer)) !== integer) throw changed(target, value)
        return integer
      }
    case "number":
      return (value) => {
        if (affinity === "TEXT") throw changed(target, value)
        return value as number
      }
    case "boolean":
      return (value) => {
        if (affinity === "TEXT") throw changed(target, value)
        return value === true ? 1n : 0n
      }
    case "json":
      return (value) => {
        // The text of a number would become that number: then better at once, and exactly.
        if (affinity === "TEXT" || affinity === "BLOB") return jsonText(value)
        return typeof value === "number" || typeof value === "bigint" ? mixedValue(value) : jsonText(value)
      }
    case "unknown":
      return (value) => {
        throw new Refusal("null", describe(value))
      }
  }
}

function textBinder(target: TableColumn): Bind {
  const { affinity } = target
  if (affinity === "TEXT" || affinity === "BLOB") return (value) => value as string
  return (value) => {
    if (!keepsText(affinity, value as string)) throw changed(target, value)
    return value as string
  }
}

const mixedValue: Bind = (value) => {
  if (typeof value === "boolean") return value ? 1n : 0n
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return int64(value as number | bigint)
  return value as SQLInputValue
}

function int64(value: number | bigint): bigint {
  const integer = BigInt(value)
  if (BigInt.asIntN(64, integer) !== integer) throw new Refusal("an integer of 64 bits", describe(value))
  return integer
}

function changed({ declared }: TableColumn, value: unknown): Refusal {
  return new Refusal(`a value that a column declared ${declared} keeps as it is`, describe(value))
}

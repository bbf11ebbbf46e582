import type { SQLOutputValue } from "node:sqlite"
import type { Column } from "../../../services/domain/Contract.ts"

/** Whether a stored cell, integers read as bigint, is of the storage class that a column's type has. Texts aren't looked into. */
export function fits({ type, mixed }: Column, value: SQLOutputValue): boolean {
  if (value === null) return true
  switch (type) {
    case "string":
      return mixed === true || typeof value === "string"
    case "date":
    case "timestamp":
      return typeof value === "string"
    case "integer":
      return typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value))
    case "number":
      return typeof value === "bigint" || (typeof value === "number" && Number.isFinite(value))
    case "boolean":
      return value === 0n || value === 1n || value === 0 || value === 1
    case "json":
      return typeof value === "string" || typeof value === "bigint" || typeof value === "number"
    case "unknown":
      return false
  }
}

import type { DatabaseSync } from "node:sqlite"
import type { Column, ColumnType, Contract } from "../../../services/domain/Contract.ts"
import { inMain, quoted } from "./names.ts"

/** A column as ALTER TABLE adds it. */
export interface AddedColumn {
  readonly name: string
  readonly declared: string
}

/** SQLite takes 2,000 columns, but also only 2,000 values of an answer, and we ask for two of each column; so much is sure. */
export const mostColumns = 900

/** Makes a table for the rows of a contract. */
export function createTable(db: DatabaseSync, table: string, contract: Contract): void {
  const columns = contract.columns.map((column) => definition(added(column, false)))
  db.exec(`CREATE TABLE ${inMain(table)} (${columns.join(", ")})`)
}

/** Adds columns, which are null in all rows that are there. */
export function addColumns(db: DatabaseSync, table: string, columns: ReadonlyArray<AddedColumn>): void {
  for (const column of columns) db.exec(`ALTER TABLE ${inMain(table)} ADD COLUMN ${definition(column)}`)
}

/** A column of a contract, declared so that no value of its type changes on its way through the table. */
export function added({ name, type, mixed }: Column, strict: boolean): AddedColumn {
  return { name, declared: strict ? strictType(type, mixed) : mixed === true ? "" : declaredTypes[type] }
}

const declaredTypes: Readonly<Record<ColumnType, string>> = {
  string: "TEXT",
  date: "TEXT",
  timestamp: "TEXT",
  integer: "INTEGER",
  number: "REAL",
  boolean: "BOOLEAN",
  // A column of type JSON would make a number of the text 123.
  json: "JSON TEXT",
  unknown: "",
}

/** A STRICT table knows these only. */
function strictType(type: ColumnType, mixed: true | undefined): string {
  if (type === "unknown" || mixed === true) return "ANY"
  return type === "boolean" ? "INTEGER" : type === "json" ? "TEXT" : declaredTypes[type]
}

function definition({ name, declared }: AddedColumn): string {
  return declared === "" ? quoted(name) : `${quoted(name)} ${declared}`
}

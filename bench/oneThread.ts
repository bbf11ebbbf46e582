import { closeSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import { batch } from "./generated.ts"

type Row = Readonly<Record<string, string | number | boolean | null>>

/**
 * What any program has to do, in one thread and without a check: `oneThread.ts <format> <file> <rows>` makes the rows
 * with the module rows.js beside the file, encodes them properly, writes and flushes them. Of its memory some 20 MiB are
 * for taking the types out of this file.
 */
const [, , format, file = "", given] = process.argv
const total = Number(given)
const module = (await import(pathToFileURL(path.join(path.dirname(file), "rows.js")).href)) as {
  readonly batchOf: (from: number, count: number, seed: number) => ReadonlyArray<Row>
}
const columns = Object.keys(module.batchOf(0, 1, 1)[0]!)

function* batches(): Generator<ReadonlyArray<Row>> {
  for (let at = 0; at < total; at += batch) yield module.batchOf(at, batch, 1)
}

const special = /[",\r\n]/
const cell = (value: Row[string] | undefined): string => {
  if (typeof value !== "string") return value === null ? "" : `${value}`
  return value === "" || special.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}
const csvLine = (row: Row): string => {
  let line = ""
  for (let at = 0; at < columns.length; at++) line += (at > 0 ? "," : "") + cell(row[columns[at]!])
  return `${line}\n`
}

const writeText = (to: string, head: string, line: (row: Row) => string, between: string, foot: string): void => {
  const fd = openSync(to, "w")
  let text = head
  let separator = ""
  for (const rows of batches()) {
    for (const row of rows) {
      text += separator + line(row)
      separator = between
      if (text.length > 65_536) {
        writeSync(fd, text)
        text = ""
      }
    }
  }
  writeSync(fd, text + foot)
  fsyncSync(fd)
  closeSync(fd)
}

const jsonLine = (row: Row): string => JSON.stringify(row)

/** One prepared statement in one transaction; flushed as SQLite does by itself. */
const writeTable = async (): Promise<void> => {
  const { DatabaseSync } = await import("node:sqlite")
  const db = new DatabaseSync(file)
  db.exec(
    "CREATE TABLE rows (id INTEGER, name TEXT, city TEXT, amount REAL, active BOOLEAN, day TEXT, at TEXT, note TEXT)",
  )
  db.exec("BEGIN")
  const insert = db.prepare("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
  for (const rows of batches()) {
    for (const row of rows) {
      insert.run(
        ...columns.map((column) => {
          const value = row[column]!
          return typeof value === "boolean" ? Number(value) : value
        }),
      )
    }
  }
  db.exec("COMMIT")
  db.close()
}

/** The same lines of JSON, copied by DuckDB with one thread, compressed as ours is. */
const writeParquet = async (): Promise<void> => {
  const lines = `${file}.jsonl`
  writeText(lines, "", (row) => `${jsonLine(row)}\n`, "", "")
  const { DuckDBInstance } = await import("@duckdb/node-api")
  const connection = await (await DuckDBInstance.create(":memory:", { threads: "1" })).connect()
  await connection.run(
    `COPY (FROM read_json('${lines}', format = 'newline_delimited')) TO '${file}' ` +
      "(FORMAT parquet, COMPRESSION zstd)",
  )
  const fd = openSync(file, "r+")
  fsyncSync(fd)
  closeSync(fd)
  rmSync(lines)
}

switch (format) {
  case "csv":
    writeText(file, `${columns.join(",")}\n`, csvLine, "", "")
    break
  case "jsonl":
    writeText(file, "", (row) => `${jsonLine(row)}\n`, "", "")
    break
  case "json":
    writeText(file, "[\n", jsonLine, ",\n", "\n]\n")
    break
  case "sqlite":
    await writeTable()
    break
  case "parquet":
    await writeParquet()
    break
  default:
    throw new Error(`no format "${format}"`)
}

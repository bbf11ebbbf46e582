import { stat } from "node:fs/promises"
import type { DuckDBType } from "@duckdb/node-api"
import type { ColumnType } from "../../../services/domain/Contract.ts"
import { columnTypeOf } from "./columnType.ts"
import { type DuckDb, type Library, pathLiteral } from "./duckDb.ts"
import { FIRST_DAY, FIRST_MICROS, LAST_DAY, LAST_MICROS } from "./instants.ts"

/** A column of a Parquet file, and how to read it. */
export interface FileColumn {
  readonly name: string
  readonly type: ColumnType
  /** DuckDB's name of its type, for a person. */
  readonly stored: string
  /** SQL for its values as BIGINT (HUGEINT for a wide one), DOUBLE, BOOLEAN, DATE, TIMESTAMPTZ, VARCHAR or JSON text. */
  readonly value: string
  /** An integer of more than 64 bits, or without a sign. */
  readonly wide: boolean
  /** SQL for whether a value, itself not null, has no place in our types, and what was expected of it instead. */
  readonly misfit: { readonly sql: string; readonly expected: string } | null
  /** SQL for whether a value would be another one once its file is written anew, and what it would have to be. */
  readonly loss: { readonly sql: string; readonly expected: string } | null
}

/** Files of the same columns, one after the other, with columns c0, c1, ...: by place, because names may be anything. */
export function tableOf(files: ReadonlyArray<string>, columns: number): string {
  const names = Array.from({ length: columns }, (_, at) => `c${at}`).join(", ")
  return `read_parquet([${files.map(pathLiteral).join(", ")}], hive_partitioning = false) AS t(${names})`
}

/** SQL for text that survives the library, which takes one byte order mark off whatever it reads. */
export const keepMark = (sql: string): string =>
  `CASE WHEN starts_with(${sql}, chr(65279)) THEN chr(65279) || ${sql} ELSE ${sql} END`

/** A DuckDB that may read the file. */
type Opened = Pick<DuckDb, "library" | "connection" | "rows">

/** The columns in the file's order. Fails as DuckDB does, and as Node where the file isn't there. */
export async function columnsOf(duckDb: Opened, file: string): Promise<Array<FileColumn>> {
  await stat(file)
  const names = await namesOf(duckDb, file)
  const { library, connection } = duckDb
  const types = (await connection.run(`SELECT * FROM ${tableOf([file], names.length)} LIMIT 0`)).columnTypes()
  return types.map((type, at) => describe(library, names[at]!, type, `c${at}`))
}

/** As they are in the file: DuckDB renames those that are equal but for case. */
async function namesOf(duckDb: Opened, file: string): Promise<Array<string>> {
  const elements = await duckDb.rows(
    `SELECT ${keepMark("name")}, num_children FROM parquet_schema(${pathLiteral(file)})`,
  )
  const names: Array<string> = []
  let at = 1
  const skip = (): void => {
    const children = Number(elements[at++]?.[1] ?? 0)
    for (let child = 0; child < children; child++) skip()
  }
  while (at < elements.length) {
    names.push(String(elements[at]![0]))
    skip()
  }
  return names
}

function describe(library: Library, name: string, type: DuckDBType, ref: string): FileColumn {
  const id = library.DuckDBTypeId
  const column = (
    kind: ColumnType,
    value: string,
    misfit: FileColumn["misfit"] = null,
    wide: boolean = false,
    loss: FileColumn["loss"] = null,
  ): FileColumn => ({ name, type: kind, stored: type.alias ?? String(type), value, wide, misfit, loss })
  switch (columnTypeOf(library, type)) {
    case "integer":
      return type.typeId === id.UBIGINT || type.typeId === id.HUGEINT || type.typeId === id.UHUGEINT
        ? column("integer", `CAST(${ref} AS HUGEINT)`, null, true)
        : column("integer", `CAST(${ref} AS BIGINT)`)
    case "number":
      if (type.typeId !== id.DECIMAL) {
        return column("number", `CAST(${ref} AS DOUBLE)`, { sql: `NOT isfinite(${ref})`, expected: "a finite number" })
      }
      return "scale" in type && type.scale === 0
        ? column("integer", `CAST(${ref} AS HUGEINT)`, null, true)
        : column("number", `CAST(${ref} AS DOUBLE)`, null, false, {
            sql: `TRY_CAST(CAST(${ref} AS DOUBLE) AS ${String(type)}) IS DISTINCT FROM ${ref}`,
            expected: "a decimal that a double holds",
          })
    case "boolean":
      return column("boolean", ref)
    case "date":
      return column("date", ref, {
        sql: `${ref} - DATE '1970-01-01' NOT BETWEEN (${FIRST_DAY}) AND ${LAST_DAY}`,
        expected: "a date in the years 0 to 9999",
      })
    case "timestamp":
      if (type.typeId === id.TIMESTAMP_TZ) return timestamp(ref)
      if (type.typeId !== id.TIMESTAMP_NS) return timestamp(`CAST(CAST(${ref} AS TIMESTAMP) AS TIMESTAMPTZ)`)
      // A cast would cut towards 1970, and so move times before it forwards.
      return timestamp(
        `CAST(make_timestamp((epoch_ns(${ref}) - (epoch_ns(${ref}) % 1000 + 1000) % 1000) // 1000) AS TIMESTAMPTZ)`,
        { sql: `epoch_ns(${ref}) % 1000 <> 0`, expected: "a timestamp of whole microseconds" },
      )
    case "json":
      return column("json", `CAST(${type.alias === "JSON" ? ref : `to_json(${ref})`} AS VARCHAR)`)
    case "string":
      return type.typeId === id.BLOB
        ? column("string", `to_base64(${ref})`, null, false, { sql: "true", expected: "text, not bytes" })
        : column("string", `CAST(${ref} AS VARCHAR)`)
    case "unknown":
      return column("unknown", `CAST(${ref} AS VARCHAR)`)
  }

  function timestamp(value: string, loss: FileColumn["loss"] = null): FileColumn {
    // Infinity has no microseconds.
    const sql = `coalesce(epoch_us(${value}) NOT BETWEEN (${FIRST_MICROS}) AND ${LAST_MICROS}, true)`
    return column("timestamp", value, { sql, expected: "a timestamp in the years 0 to 9999" }, false, loss)
  }
}

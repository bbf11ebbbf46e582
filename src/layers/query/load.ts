import { Buffer } from "node:buffer"
import { identifier } from "../formats/parquet/duckDb.ts"
import { columnTypeOf } from "../formats/parquet/columnType.ts"
import { complaintOf, isTooLarge } from "./complaint.ts"
import type { Engine } from "./Engine.ts"
import { append, WideInteger } from "./ownRows.ts"
import type { LoadedView, TableSource, ViewSource } from "./protocol.ts"
import { selectFrom, sqlTypeOf } from "./tableSql.ts"
import { whyNoTable } from "./whyNoTable.ts"

/** A dataset becomes a table of DuckDB's own: what is asked later needs no file. Answers with who read it. */
export async function loadTable(engine: Engine, source: TableSource): Promise<"nobody" | "DuckDB" | "us"> {
  const { file } = source
  const never = whyNoTable(source.contract)
  if (never !== null) throw new Error(never)
  const table = identifier(source.name)
  if (file === null) {
    await createTable(engine, source, false)
    return "nobody"
  }
  try {
    const select = await selectFrom(engine, source, file)
    if (select !== null) {
      await engine.rows(`CREATE TABLE ${table} AS ${select}`)
      return "DuckDB"
    }
  } catch (error) {
    if (isTooLarge(error)) throw error
    // What DuckDB refuses may well be right: our own reading has the last word.
  }
  try {
    await createTable(engine, source, false)
    await append(engine, source, file, false)
  } catch (error) {
    if (!(error instanceof WideInteger)) throw error
    await engine.rows(`DROP TABLE ${table}`)
    await createTable(engine, source, true)
    await append(engine, source, file, true)
  }
  return "us"
}

const createTable = async (engine: Engine, { name, contract }: TableSource, wide: boolean): Promise<void> => {
  const columns = contract.columns.map((column) => `${identifier(column.name)} ${sqlTypeOf(column.type, wide)}`)
  await engine.rows(`CREATE TABLE ${identifier(name)} (${columns.join(", ")})`)
}

/** A view over what is there by now, and its columns or what is wrong with it. */
export async function loadView(engine: Engine, { name, sql }: ViewSource): Promise<LoadedView> {
  const before = `CREATE VIEW ${identifier(name)} AS `
  try {
    await engine.rows(before + sql)
    const { library, connection } = engine
    const prepared = await connection.prepare(`SELECT * FROM ${identifier(name)}`)
    const columns = Array.from({ length: prepared.columnCount }, (_, at) => ({
      name: prepared.columnName(at),
      type: columnTypeOf(library, prepared.columnType(at)),
    }))
    return { name, columns }
  } catch (error) {
    return { name, columns: null, ...complaintOf(error, Buffer.byteLength(before)) }
  }
}

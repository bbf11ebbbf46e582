import type { DuckDBAppender, DuckDBType, DuckDBValue } from "@duckdb/node-api"
import { createReadStream } from "node:fs"
import type { Contract } from "../../services/domain/Contract.ts"
import type { Row } from "../../services/domain/Row.ts"
import { encoder, storedType } from "../formats/parquet/cells.ts"
import { readParquet } from "../formats/parquet/readParquet.ts"
import { readRows } from "../formats/readRows.ts"
import { connect } from "../store/table/connect.ts"
import { readTable } from "../store/table/read.ts"
import type { Engine } from "./Engine.ts"
import type { TableSource } from "./protocol.ts"

/** Rows that DuckDB takes at once, and characters of text after which fewer do. */
const MOST_ROWS = 2048
const MOST_TEXT = 4 * 1024 * 1024

/** The widest that an integer may be. */
const WIDEST = 127

/** Whether some integer needs more than 64 bits; fails for one that DuckDB has no type for. */
export async function isWide(source: TableSource, file: string): Promise<boolean> {
  const integers = source.contract.columns.filter(({ type }) => type === "integer").map(({ name }) => name)
  if (integers.length === 0) return false
  let wide = false
  for await (const rows of rowsOf(source, file)) {
    for (const row of rows) {
      for (const name of integers) {
        const value = row[name]
        if (typeof value !== "bigint" || BigInt.asIntN(64, value) === value) continue
        if (BigInt.asIntN(WIDEST + 1, value) !== value) {
          throw new Error(`column ${JSON.stringify(name)} holds an integer of more than ${WIDEST} bits: ${value}`)
        }
        wide = true
      }
    }
  }
  return wide
}

/** Brings rows into a table of DuckDB's by our own readers. */
export async function append(engine: Engine, name: string, source: TableSource, file: string, wide: boolean) {
  const { library, connection } = engine
  const { columns } = source.contract
  const appender = await connection.createAppender(name)
  const types = columns.map(({ type }): DuckDBType =>
    type === "integer" && wide ? library.HUGEINT : type === "json" ? library.VARCHAR : storedType(library, type),
  )
  const encoders = columns.map((column) =>
    column.type === "integer" ? (value: unknown) => BigInt(value as number | bigint) : encoder(library, column),
  )
  const chunk = new Chunk(engine, appender, types)
  for await (const rows of rowsOf(source, file)) {
    for (const row of rows) {
      chunk.add(columns.map(({ name }, at) => (row[name] == null ? null : encoders[at]!(row[name]))))
    }
  }
  chunk.flush()
  appender.closeSync()
}

class Chunk {
  readonly #engine: Engine
  readonly #appender: DuckDBAppender
  readonly #types: ReadonlyArray<DuckDBType>
  #rows: Array<Array<DuckDBValue>> = []
  #text = 0

  constructor(engine: Engine, appender: DuckDBAppender, types: ReadonlyArray<DuckDBType>) {
    this.#engine = engine
    this.#appender = appender
    this.#types = types
  }

  add(row: Array<DuckDBValue>): void {
    this.#rows.push(row)
    for (const value of row) if (typeof value === "string") this.#text += value.length
    if (this.#rows.length === MOST_ROWS || this.#text > MOST_TEXT) this.flush()
  }

  flush(): void {
    if (this.#rows.length === 0) return
    const chunk = this.#engine.library.DuckDBDataChunk.create(this.#types, this.#rows.length)
    chunk.setRows(this.#rows)
    this.#appender.appendDataChunk(chunk)
    this.#rows = []
    this.#text = 0
  }
}

async function* rowsOf(source: TableSource, file: string): AsyncGenerator<ReadonlyArray<Row>, void, undefined> {
  const contract: Contract = source.contract
  switch (source.format) {
    case "sqlite": {
      const database = connect(file, { create: false })
      try {
        yield* readTable(database, source.table ?? source.name, contract)
      } finally {
        database.close()
      }
      return
    }
    case "parquet":
      return yield* readParquet(file, contract)
    default:
      return yield* readRows(source.format, createReadStream(file, { highWaterMark: 1 << 18 }), contract)
  }
}

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

/** Bits of DuckDB's widest integer. */
const WIDEST = 128

/** An integer needs more than 64 bits; the table has to be made for that. */
export class WideInteger extends Error {}

/** Brings rows into a table of DuckDB's by our own readers; none of them is there after a failure. */
export async function append(engine: Engine, source: TableSource, file: string, wide: boolean): Promise<void> {
  const { library, connection } = engine
  const { columns } = source.contract
  const types = columns.map(({ type }): DuckDBType =>
    type === "integer" && wide ? library.HUGEINT : type === "json" ? library.VARCHAR : storedType(library, type),
  )
  const encoders = columns.map((column) =>
    column.type === "integer" ? integerOf(column.name, wide) : encoder(library, column),
  )
  const appender = await connection.createAppender(source.name)
  try {
    const chunk = new Chunk(engine, appender, types)
    for await (const rows of rowsOf(source, file)) {
      for (const row of rows) {
        chunk.add(columns.map(({ name }, at) => (row[name] == null ? null : encoders[at]!(row[name]))))
      }
    }
    chunk.flush()
  } catch (error) {
    appender.clear()
    throw error
  } finally {
    appender.closeSync()
  }
}

const integerOf = (column: string, wide: boolean) => (value: unknown) => {
  const integer = BigInt(value as number | bigint)
  if (BigInt.asIntN(64, integer) === integer) return integer
  if (!wide) throw new WideInteger()
  if (BigInt.asIntN(WIDEST, integer) === integer) return integer
  throw new Error(`column ${JSON.stringify(column)} holds an integer of more than ${WIDEST} bits: ${integer}`)
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

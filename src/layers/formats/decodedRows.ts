import type { Contract } from "../../services/domain/Contract.ts"
import type { Row } from "../../services/domain/Row.ts"
import { readCsvRecords } from "./csvReader.ts"
import { CellIssue, csvDecoder, jsonDecoder } from "./decode.ts"
import { readJsonl } from "./jsonl.ts"

type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/** Batches of rows, each with every column of the contract in its order; a cell that doesn't fit is the last that comes. */
export type DecodedRows = AsyncGenerator<ReadonlyArray<Row> | CellIssue, void, undefined>

/** The rows of a CSV with a header. Fails with `MalformedFile`. */
export async function* csvRows(contract: Contract, chunks: Chunks): DecodedRows {
  let header: ReadonlyArray<string> | null = null
  let decode = csvDecoder(contract, [])
  let count = 0
  for await (const records of readCsvRecords(chunks)) {
    const rows: Array<Row> = []
    for (const record of records) {
      if (header === null) {
        header = record.map((name) => name ?? "")
        decode = csvDecoder(contract, header)
        continue
      }
      if (record.length !== header.length) {
        return yield new CellIssue(count, null, `${header.length} fields`, `${record.length} fields`)
      }
      const row = decode(record, count++)
      if (row instanceof CellIssue) return yield row
      rows.push(row)
    }
    if (rows.length > 0) yield rows
  }
}

/** The rows of JSON Lines; a column that a row lacks is null. Fails with `MalformedFile`. */
export async function* jsonlRows(contract: Contract, chunks: Chunks): DecodedRows {
  const { columns } = contract
  const decode = jsonDecoder(contract)
  let count = 0
  for await (const batch of readJsonl(chunks)) {
    const rows: Array<Row> = []
    for (const source of batch) {
      const row = decode(source, count++)
      if (row instanceof CellIssue) return yield row
      rows.push(Object.keys(row).length === columns.length ? row : filledUp(contract, row))
    }
    yield rows
  }
}

/** `fromEntries` takes any name for a key, `__proto__` too. */
const filledUp = ({ columns }: Contract, row: Row): Row =>
  Object.fromEntries(columns.map(({ name }) => [name, Object.hasOwn(row, name) ? row[name] : null]))

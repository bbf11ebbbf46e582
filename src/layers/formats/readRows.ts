import type { Contract, TextFormat } from "../../services/domain/Contract.ts"
import type { RowsPart } from "../../services/DatasetStore.ts"
import type { Row } from "../../services/domain/Row.ts"
import { type CsvRecord, type OnSpan, readCsvRecords } from "./csvReader.ts"
import { CellIssue, csvDecoder, jsonDecoder } from "./decode.ts"
import { readJsonArray } from "./jsonArray.ts"
import { readJsonl } from "./jsonl.ts"

type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>
type Decoded = AsyncGenerator<ReadonlyArray<Row | CellIssue>, void, undefined>

/** A file whose cells don't all fit its contract. Thrown by readers; a plain `Error` with a tag. */
export class MisfitCell extends Error {
  readonly _tag = "MisfitCell"
  readonly issue: CellIssue

  constructor(issue: CellIssue) {
    super(issue.told())
    this.name = "MisfitCell"
    this.issue = issue
  }
}

/** Which rows are wanted of a file, and what its chunks hold. Rows are counted from 0. */
export interface Wanted extends RowsPart {
  /** The first row in the chunks, which begin as the file does all the same: with its header, or its bracket. */
  readonly first: number
  readonly watch: RowWatch | null
}

/** Is told what is read, wanted or not. */
export interface RowWatch {
  /** Where a row begins, as a byte of the chunks. */
  readonly row: (row: number, at: number) => void
  /** There are no more rows than these. */
  readonly end: (rows: number) => void
}

export const allRows: RowsPart = { from: 0, most: Number.POSITIVE_INFINITY }

/**
 * The rows of a whole file, each with every column of its contract in that order, in batches of at least one row. Fails with `MalformedFile`, or with
 * `MisfitCell` once all rows before the first that doesn't fit were given. What isn't wanted is not held against the
 * contract, and what comes behind it is not read.
 */
export async function* readRows(
  format: TextFormat,
  chunks: Chunks,
  contract: Contract,
  wanted: Wanted = { ...allRows, first: 0, watch: null },
): AsyncGenerator<ReadonlyArray<Row>, void, undefined> {
  const decoded = format === "csv" ? csvRows(chunks, contract, wanted) : jsonRows(format, chunks, contract, wanted)
  for await (const batch of decoded) {
    const rows: Array<Row> = []
    let issue: CellIssue | null = null
    for (const row of batch) {
      if (row instanceof CellIssue) {
        issue = row
        break
      }
      rows.push(row)
    }
    if (rows.length > 0) yield rows
    if (issue !== null) throw new MisfitCell(issue)
  }
}

async function* jsonRows(format: "json" | "jsonl", chunks: Chunks, contract: Contract, wanted: Wanted): Decoded {
  const decode = jsonDecoder(contract)
  const onSpan = spansTo(wanted, 0)
  const source = format === "json" ? readJsonArray(chunks, onSpan) : readJsonl(chunks, onSpan)
  yield* those(wanted, source, (one, number) => {
    const row = decode(one, number)
    return row instanceof CellIssue || Object.keys(row).length === contract.columns.length
      ? row
      : filledUp(contract, row)
  })
}

/** Those that are wanted, decoded; ends behind the last of them. */
async function* those<A>(
  { first, from, most, watch }: Wanted,
  batches: AsyncIterable<ReadonlyArray<A>>,
  decode: (one: A, number: number) => Row | CellIssue,
): Decoded {
  const end = from + most
  let rows = first
  for await (const batch of batches) {
    const begin = Math.max(rows, from)
    yield batch.slice(begin - rows, Math.max(0, end - rows)).map((one, index) => decode(one, begin + index))
    rows += batch.length
    if (rows >= end) return
  }
  watch?.end(rows)
}

/** Null where nobody wants to know. `heads`: records before the first row. */
const spansTo = ({ first, watch }: Wanted, heads: number): OnSpan | null => {
  let row = first - heads
  return watch === null ? null : (at) => void (row >= first ? watch.row(row++, at) : row++)
}

/** `fromEntries` takes any name for a key, `__proto__` too. */
const filledUp = ({ columns }: Contract, row: Row): Row =>
  Object.fromEntries(columns.map(({ name }) => [name, Object.hasOwn(row, name) ? row[name] : null]))

async function* csvRows(chunks: Chunks, contract: Contract, wanted: Wanted): Decoded {
  let decode: ReturnType<typeof csvDecoder> | null = null
  async function* records() {
    for await (const batch of readCsvRecords(chunks, null, spansTo(wanted, 1))) {
      const rows = decode === null ? batch.slice(1) : batch
      decode ??= recordDecoder(contract, batch[0]!)
      yield rows
    }
    // A contract outlives its rows, but not its header.
    if (decode === null) recordDecoder(contract, [])
  }
  yield* those(wanted, records(), (record, number) => decode!(record, number))
}

/** Decodes records that have as many fields as their header. Throws `MisfitCell` for a header that isn't the contract's. */
function recordDecoder(contract: Contract, first: CsvRecord): ReturnType<typeof csvDecoder> {
  const header = first.map((name) => name ?? "")
  const issue = headerIssue(header, contract)
  if (issue !== null) throw new MisfitCell(issue)
  const decode = csvDecoder(contract, header)
  return (record, row) =>
    record.length === header.length
      ? decode(record, row)
      : new CellIssue(row, null, `a record of ${header.length} fields`, `one of ${record.length}`)
}

function headerIssue(header: ReadonlyArray<string>, contract: Contract): CellIssue | null {
  const names = new Set(contract.columns.map((column) => column.name))
  const there = new Set(header)
  const missing = contract.columns.find((column) => !there.has(column.name))
  if (missing !== undefined) return new CellIssue(null, missing.name, "in the header", "not there")
  const seen = new Set<string>()
  for (const name of header) {
    if (!names.has(name)) return new CellIssue(null, name, "a column of the contract", "a new column")
    if (seen.has(name)) return new CellIssue(null, name, "different column names", "the same name twice")
    seen.add(name)
  }
  return null
}

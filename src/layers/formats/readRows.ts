import type { Contract, TextFormat } from "../../services/domain/Contract.ts"
import type { Row } from "../../services/domain/Row.ts"
import { type CsvRecord, readCsvRecords } from "./csvReader.ts"
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
    const where = issue.column === null ? "" : `, column ${JSON.stringify(issue.column)}`
    super(`row ${issue.row}${where} should be ${issue.expected}, it is ${issue.got}`)
    this.name = "MisfitCell"
    this.issue = issue
  }
}

/**
 * The rows of a whole file, each with every column of its contract in that order, in batches of at least one row. Fails with `MalformedFile`, or with
 * `MisfitCell` once all rows before the first that doesn't fit were given.
 */
export async function* readRows(
  format: TextFormat,
  chunks: Chunks,
  contract: Contract,
): AsyncGenerator<ReadonlyArray<Row>, void, undefined> {
  for await (const batch of format === "csv" ? csvRows(chunks, contract) : jsonRows(format, chunks, contract)) {
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

async function* jsonRows(format: "json" | "jsonl", chunks: Chunks, contract: Contract): Decoded {
  const decode = jsonDecoder(contract)
  let rows = 0
  for await (const batch of format === "json" ? readJsonArray(chunks) : readJsonl(chunks)) {
    yield batch.map((source) => {
      const row = decode(source, rows++)
      return row instanceof CellIssue || Object.keys(row).length === contract.columns.length
        ? row
        : filledUp(contract, row)
    })
  }
}

/** `fromEntries` takes any name for a key, `__proto__` too. */
const filledUp = ({ columns }: Contract, row: Row): Row =>
  Object.fromEntries(columns.map(({ name }) => [name, Object.hasOwn(row, name) ? row[name] : null]))

async function* csvRows(chunks: Chunks, contract: Contract): Decoded {
  let decode: ReturnType<typeof csvDecoder> | null = null
  let rows = 0
  for await (const batch of readCsvRecords(chunks)) {
    const records = decode === null ? batch.slice(1) : batch
    const fit = (decode ??= recordDecoder(contract, batch[0]!))
    yield records.map((record) => fit(record, rows++))
  }
  // A contract outlives its rows, but not its header.
  if (decode === null) recordDecoder(contract, [])
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
      : new CellIssue(row, null, `${header.length} fields`, `${record.length} fields`)
}

function headerIssue(header: ReadonlyArray<string>, contract: Contract): CellIssue | null {
  const names = new Set(contract.columns.map((column) => column.name))
  const missing = contract.columns.find((column) => !header.includes(column.name))
  if (missing !== undefined) return new CellIssue(0, missing.name, "a column of the header", "none")
  const seen = new Set<string>()
  for (const name of header) {
    if (!names.has(name)) return new CellIssue(0, name, "a column of the contract", "a new column")
    if (seen.has(name)) return new CellIssue(0, name, "different column names", "the same name twice")
    seen.add(name)
  }
  return null
}

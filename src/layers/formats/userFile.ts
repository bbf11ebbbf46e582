import type { Codec, Contract } from "../../services/domain/Contract.ts"
import { readCsvRecords } from "./csvReader.ts"
import { CellIssue, csvDecoder, jsonDecoder } from "./decode.ts"
import { ContractInference } from "./infer.ts"
import { readJsonl } from "./jsonl.ts"

type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/** A whole file read: its rows (header not counted), and its contract unless `issue` says what stands in the way. */
export interface Inferred {
  readonly rows: number
  readonly issue: CellIssue | null
  /** Null with an issue, and for a file without rows: an empty dataset has no contract. */
  readonly contract: Contract | null
}

/** The contract of a file that the user brought, over the whole of it. Fails with `MalformedFile`. */
export async function inferFile(codec: Codec, chunks: Chunks): Promise<Inferred> {
  const inference = new ContractInference(codec)
  let rows = 0
  let issue: CellIssue | null = null
  if (codec === "csv") {
    let header = false
    for await (const batch of readCsvRecords(chunks)) {
      for (const record of batch) {
        if (header) rows++
        issue = header ? inference.record(record) : inference.header(record.map((name) => name ?? ""))
        if (issue !== null) return { rows, issue, contract: null }
        header = true
      }
    }
  } else {
    for await (const batch of readJsonl(chunks)) {
      for (const row of batch) {
        rows++
        issue = inference.row(row)
        if (issue !== null) return { rows, issue, contract: null }
      }
    }
  }
  return { rows, issue: null, contract: rows === 0 ? null : inference.contract() }
}

/** The first cell of a file that doesn't fit the contract, or null. Fails with `MalformedFile`. */
export async function checkFile(codec: Codec, chunks: Chunks, contract: Contract): Promise<CellIssue | null> {
  if (codec === "jsonl") {
    const decode = jsonDecoder(contract)
    let rows = 0
    for await (const batch of readJsonl(chunks)) {
      for (const row of batch) {
        const decoded = decode(row, rows++)
        if (decoded instanceof CellIssue) return decoded
      }
    }
    return null
  }
  let rows = 0
  let columns = 0
  let decode: ReturnType<typeof csvDecoder> | null = null
  for await (const batch of readCsvRecords(chunks)) {
    for (const record of batch) {
      if (decode === null) {
        const header = record.map((name) => name ?? "")
        const issue = headerIssue(header, contract)
        if (issue !== null) return issue
        columns = header.length
        decode = csvDecoder(contract, header)
        continue
      }
      if (record.length !== columns) return new CellIssue(rows, null, `${columns} fields`, `${record.length} fields`)
      const decoded = decode(record, rows++)
      if (decoded instanceof CellIssue) return decoded
    }
  }
  // A contract outlives its rows, but not its header.
  return decode === null ? headerIssue([], contract) : null
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

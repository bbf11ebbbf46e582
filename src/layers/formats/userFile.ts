import type { Contract, TextFormat } from "../../services/domain/Contract.ts"
import { readCsvRecords } from "./csvReader.ts"
import type { CellIssue } from "./decode.ts"
import { ContractInference } from "./infer.ts"
import { readJsonArray } from "./jsonArray.ts"
import { readJsonl } from "./jsonl.ts"
import { MisfitCell, readRows } from "./readRows.ts"

type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/** A whole file read: its rows (header not counted), and its contract unless `issue` says what stands in the way. */
export interface Inferred {
  readonly rows: number
  readonly issue: CellIssue | null
  /** Null with an issue, and for a file without rows: an empty dataset has no contract. */
  readonly contract: Contract | null
}

/** The contract of a file that the user brought, over the whole of it. Fails with `MalformedFile`. */
export async function inferFile(format: TextFormat, chunks: Chunks): Promise<Inferred> {
  const inference = new ContractInference(format === "csv" ? "csv" : "jsonl")
  let rows = 0
  let issue: CellIssue | null = null
  if (format === "csv") {
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
    for await (const batch of format === "json" ? readJsonArray(chunks) : readJsonl(chunks)) {
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
export async function checkFile(format: TextFormat, chunks: Chunks, contract: Contract): Promise<CellIssue | null> {
  try {
    for await (const _ of readRows(format, chunks, contract));
    return null
  } catch (error) {
    if (error instanceof MisfitCell) return error.issue
    throw error
  }
}

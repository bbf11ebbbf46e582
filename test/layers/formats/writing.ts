import { Buffer } from "node:buffer"
import type { Codec, Contract } from "../../../src/services/domain/Contract.ts"
import type { Row } from "../../../src/services/domain/Row.ts"
import { type CsvRecord, CsvReader } from "../../../src/layers/formats/csvReader.ts"
import { CellIssue, csvDecoder, jsonDecoder } from "../../../src/layers/formats/decode.ts"
import { JsonlReader } from "../../../src/layers/formats/jsonl.ts"
import { RowWriter, type RowWriterOptions, type WriterReport } from "../../../src/layers/formats/writer.ts"

/** Of a first CSV, unless it is told otherwise. */
export const writerTo = (sink: RowWriterOptions["sink"], options: Partial<RowWriterOptions> = {}): RowWriter =>
  new RowWriter({
    codec: "csv",
    contract: null,
    mode: "whole",
    columns: null,
    eol: "\n",
    onDrift: "reject",
    ...options,
    sink,
  })

/** Writes rows into memory. */
export function write(
  rows: Iterable<unknown>,
  options: Partial<Omit<RowWriterOptions, "sink">> = {},
): { readonly text: string; readonly bytes: Buffer; readonly report: WriterReport } {
  const chunks: Array<Uint8Array> = []
  const writer = writerTo({ write: (bytes: Uint8Array) => void chunks.push(bytes) }, options)
  for (const row of rows) writer.row(row)
  const report = writer.finish()
  const bytes = Buffer.concat(chunks)
  return { text: bytes.toString("utf8"), bytes, report }
}

export function recordsOf(bytes: Uint8Array, columns: number | null = null): Array<CsvRecord> {
  const reader = new CsvReader(columns)
  return [...reader.push(bytes), ...reader.end()]
}

/** Reads a whole file back; throws when a cell doesn't fit. */
export function read(codec: Codec, bytes: Uint8Array, contract: Contract): Array<Row> {
  const decoded: Array<Row | CellIssue> = []
  if (codec === "csv") {
    const [header, ...records] = recordsOf(bytes)
    const decode = csvDecoder(
      contract,
      (header ?? []).map((name) => name ?? ""),
    )
    decoded.push(...records.map(decode))
  } else {
    const reader = new JsonlReader()
    decoded.push(...[...reader.push(bytes), ...reader.end()].map(jsonDecoder(contract)))
  }
  return decoded.map((row) => {
    if (row instanceof CellIssue) throw new Error(JSON.stringify(row))
    return row
  })
}

/** Bytes in chunks that are cut at these offsets, in any order. */
export function cutAt(bytes: Uint8Array, offsets: ReadonlyArray<number>): Array<Uint8Array> {
  const places = [0, ...offsets.toSorted((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, at) => bytes.subarray(places[at], end))
}

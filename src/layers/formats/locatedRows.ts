import { Buffer } from "node:buffer"
import type { Contract, TextFormat } from "../../services/domain/Contract.ts"
import type { Row } from "../../services/domain/Row.ts"
import { CsvReader } from "./csvReader.ts"
import { CellIssue, csvDecoder, jsonDecoder } from "./decode.ts"
import { JsonArrayReader } from "./jsonArray.ts"
import { JsonlReader } from "./jsonl.ts"
import { parseJson } from "./losslessJson.ts"
import { MisfitCell } from "./readRows.ts"

type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/** A row, and where it stands: byte offsets of its beginning and its end, without line break or comma. */
export interface LocatedRow {
  readonly from: number
  readonly to: number
  readonly row: Row
}

/** How rows are written down. */
export interface RowForm {
  readonly format: TextFormat
  readonly contract: Contract
  /** The columns of a CSV's records in their order; null: its first record says so. Nothing to the other formats. */
  readonly columns: ReadonlyArray<string> | null
  /** The first record of a CSV is a header. */
  readonly header: boolean
}

/**
 * The rows of a file in batches, with their places; a column that a row lacks may be absent from it. Fails with
 * `MalformedFile`, and with `MisfitCell`.
 */
export async function* locatedRows(form: RowForm, chunks: Chunks): AsyncGenerator<Array<LocatedRow>, void, undefined> {
  let spans: Array<number> = []
  const reader = readerOf(form, (from, to) => void spans.push(from, to))
  const decode = decoderOf(form)
  let rows = 0
  const located = (values: ReadonlyArray<unknown>): Array<LocatedRow> => {
    const batch: Array<LocatedRow> = []
    for (let at = 0; at < values.length; at++) {
      const row = decode(values[at], rows)
      if (row === null) continue
      if (row instanceof CellIssue) throw new MisfitCell(row)
      batch.push({ from: spans[2 * at]!, to: spans[2 * at + 1]!, row })
      rows++
    }
    spans = []
    return batch
  }
  for await (const chunk of chunks) {
    const batch = located(reader.push(chunk))
    if (batch.length > 0) yield batch
  }
  const last = located(reader.end())
  if (last.length > 0) yield last
}

/** One row by itself. Throws as `locatedRows` does. */
export function rowAt(form: RowForm, bytes: Uint8Array): Row {
  const decode = decoderOf({ ...form, header: false })
  const row = decode(form.format === "csv" ? recordIn(form, bytes) : objectIn(bytes), 0)
  if (row instanceof CellIssue) throw new MisfitCell(row)
  return row ?? {}
}

const recordIn = ({ columns }: RowForm, bytes: Uint8Array) => {
  const reader = new CsvReader(columns?.length ?? null)
  return [...reader.push(bytes), ...reader.end()][0]
}

const objectIn = (bytes: Uint8Array): unknown =>
  parseJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"))

const readerOf = ({ format, columns }: RowForm, onSpan: ((from: number, to: number) => void) | null) => {
  if (format === "json") return new JsonArrayReader(onSpan)
  return format === "jsonl" ? new JsonlReader(onSpan) : new CsvReader(columns?.length ?? null, onSpan)
}

/** Null for the header. */
const decoderOf = ({ format, contract, columns, header }: RowForm) => {
  if (format !== "csv") return jsonDecoder(contract) as (value: unknown, row: number) => Row | CellIssue | null
  let decode = columns === null ? null : csvDecoder(contract, columns)
  let skips = header
  return (value: unknown, row: number): Row | CellIssue | null => {
    const record = value as Array<string | null>
    decode ??= csvDecoder(
      contract,
      record.map((name) => name ?? ""),
    )
    if (!skips) return decode(record, row)
    skips = false
    return null
  }
}

import type { Codec, Contract } from "../../services/domain/Contract.ts"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import type { Row } from "../../services/domain/Row.ts"
import { CsvReader } from "../formats/csvReader.ts"
import { CellIssue, csvDecoder } from "../formats/decode.ts"
import { allRows, MisfitCell, readRows } from "../formats/readRows.ts"

type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/**
 * Rows on their way into a dataset, as they would be read from it, from a number on; those before are not decoded. Fails with `MalformedFile`, or with `MisfitCell` once
 * all rows before the first that doesn't fit were given.
 */
export const stagedRows = (
  codec: Codec,
  report: OutputReport,
  chunks: Chunks,
  contract: Contract,
  from = 0,
): AsyncGenerator<ReadonlyArray<Row>, void, undefined> =>
  codec === "csv"
    ? csvRows(report, chunks, contract, from)
    : readRows("jsonl", chunks, contract, { ...allRows, from, first: 0, watch: null })

/** A staged CSV may have no header, and rows from before a column came are shorter. */
async function* csvRows(report: OutputReport, chunks: Chunks, contract: Contract, from: number) {
  const names = report.columns.map(({ name }) => name)
  let header = report.shape === "whole" && names.length > 0
  const reader = new CsvReader(header ? null : report.headerColumns)
  const decode = csvDecoder(contract, names)
  let rows = 0
  function* decoded(records: ReturnType<CsvReader["push"]>): Generator<ReadonlyArray<Row>> {
    const content = header ? records.slice(1) : records
    if (records.length > 0) header = false
    const batch: Array<Row> = []
    for (const record of content) {
      const number = rows++
      if (number < from) continue
      const row = decode(record, number)
      if (row instanceof CellIssue) {
        yield batch
        throw new MisfitCell(row)
      }
      batch.push(row)
    }
    yield batch
  }
  for await (const chunk of chunks) yield* decoded(reader.push(chunk))
  yield* decoded(reader.end())
}

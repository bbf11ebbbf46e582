import type { Codec, Contract } from "../../services/domain/Contract.ts"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import type { Row } from "../../services/domain/Row.ts"
import { CsvReader } from "../formats/csvReader.ts"
import { CellIssue, csvDecoder } from "../formats/decode.ts"
import { MisfitCell, readRows } from "../formats/readRows.ts"

type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/** Rows on their way into a dataset, as they would be read from it. Fails with `MalformedFile` or `MisfitCell`. */
export const stagedRows = (
  codec: Codec,
  report: OutputReport,
  chunks: Chunks,
  contract: Contract,
): AsyncGenerator<ReadonlyArray<Row>, void, undefined> =>
  codec === "csv" ? csvRows(report, chunks, contract) : readRows("jsonl", chunks, contract)

/** A staged CSV may have no header, and rows from before a column came are shorter. */
async function* csvRows(report: OutputReport, chunks: Chunks, contract: Contract) {
  const names = report.columns.map(({ name }) => name)
  let header = report.shape === "whole" && names.length > 0
  const reader = new CsvReader(header ? null : report.headerColumns)
  const decode = csvDecoder(contract, names)
  let rows = 0
  const decoded = (records: ReturnType<CsvReader["push"]>): ReadonlyArray<Row> => {
    const content = header ? records.slice(1) : records
    if (records.length > 0) header = false
    return content.map((record) => {
      const row = decode(record, rows++)
      if (row instanceof CellIssue) throw new MisfitCell(row)
      return row
    })
  }
  for await (const chunk of chunks) yield decoded(reader.push(chunk))
  yield decoded(reader.end())
}

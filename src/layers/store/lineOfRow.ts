import { Effect } from "effect"
import type { TextFormat } from "../../services/domain/Contract.ts"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import { readCsvRecords } from "../formats/csvReader.ts"
import type { CellIssue } from "../formats/decode.ts"
import { readJsonArray } from "../formats/jsonArray.ts"
import { readJsonl } from "../formats/jsonl.ts"
import type { Stamp } from "./Disk.ts"
import { lineAt, reading } from "./fileReading.ts"
import { chunksOf } from "./looks.ts"

/**
 * The line, counted from 1 as an editor does, where the row that is at fault begins: a quoted cell may go over several.
 * Null in a format without lines, and for a fault that isn't a row's. Reads the file up to that row.
 */
export const lineOfRow = Effect.fnUntraced(function* (dataset: SourceDataset, stamp: Stamp, { row }: CellIssue) {
  const { format } = dataset
  if (row === null || format === "sqlite" || format === "parquet") return null
  const offset = yield* reading(dataset, stamp, () => offsetOf(dataset.file, format, row))
  return offset === null ? null : yield* lineAt(dataset.file, offset)
})

/** What is wrong, with its line where there is one. */
export const toldWithLine = Effect.fnUntraced(function* (dataset: SourceDataset, stamp: Stamp, issue: CellIssue) {
  const line = yield* lineOfRow(dataset, stamp, issue)
  return line === null ? issue.told() : issue.told(`line ${line}`)
})

const offsetOf = async (file: string, format: TextFormat, row: number): Promise<number | null> => {
  let spans = format === "csv" ? -1 : 0
  let offset: number | null = null
  const onSpan = (from: number) => {
    if (spans++ === row) offset = from
  }
  const chunks = chunksOf(file)
  const batches =
    format === "csv"
      ? readCsvRecords(chunks, null, onSpan)
      : format === "json"
        ? readJsonArray(chunks, onSpan)
        : readJsonl(chunks, onSpan)
  for await (const _ of batches) if (offset !== null) break
  return offset
}

import type { SourceDataset } from "../../services/domain/Manifest.ts"
import { DatasetChanged, StoreFailed } from "../../services/domain/StoreError.ts"
import { errnoOf } from "../errno.ts"
import type { CellIssue } from "../formats/decode.ts"
import { MalformedFile } from "../formats/malformed.ts"

/** What goes wrong while the rows of a dataset stream; that it fits its contract was seen before. */
export const rowFailure = (dataset: SourceDataset, cause: unknown): DatasetChanged | StoreFailed => {
  if (cause instanceof DatasetChanged) return cause
  if (cause instanceof MalformedFile) return changed(dataset, cause.message, takeBack)
  return new StoreFailed({ operation: "read", path: dataset.source, code: errnoOf(cause) })
}

export const misfit = (dataset: SourceDataset, { row, column, expected, got }: CellIssue) => {
  const where = column === null ? `row ${row}` : `row ${row}, column "${column}"`
  return changed(dataset, `${where} should be ${expected}, it is ${got}`, takeBack)
}

export const beingWritten = (dataset: SourceDataset) =>
  changed(dataset, "it is being written at this moment", "Try again when that is done.")

const takeBack = "Correct the file, or take the edit back."

const changed = (dataset: SourceDataset, detail: string, next: string) =>
  new DatasetChanged({ dataset: dataset.name, file: dataset.source, detail, next })

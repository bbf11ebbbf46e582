import type { Contract } from "./Contract.ts"
import type { SourceDataset } from "./Manifest.ts"
import type { Row } from "./Row.ts"

/** One thing that is done to the rows of a dataset. `match` is equality on each of its columns; null equals null. */
export type Edit =
  | { readonly mode: "insert" | "replace"; readonly rows: ReadonlyArray<Row> }
  | { readonly mode: "delete"; readonly match: Row }
  | { readonly mode: "update"; readonly match: Row; readonly set: Row }

export interface DatasetEdits {
  readonly dataset: SourceDataset
  /** One after the other: each sees what those before it have made of the rows. */
  readonly edits: ReadonlyArray<Edit>
  /**
   * The columns and types that an empty dataset gets with its first rows: every column of these rows, and perhaps others.
   * Which of them are optional is up to the rows. Null leaves it all to them.
   */
  readonly seed: Contract | null
}

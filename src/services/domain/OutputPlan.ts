import type { Codec, Contract, Eol, OnDrift } from "./Contract.ts"

/** What whoever encodes the rows of an output needs to know. */
export interface OutputPlan {
  readonly output: string
  /** Null: rows are checked and counted, and go nowhere. */
  readonly dataset: string | null
  /** A descriptor open for appending; null without a dataset. */
  readonly fd: number | null
  readonly codec: Codec
  /** Null: the dataset is empty, the rows settle it. */
  readonly contract: Contract | null
  /** The header of a CSV in its own order. */
  readonly columns: ReadonlyArray<string> | null
  readonly eol: Eol
  /** What is inserted takes the place of everything that is there. */
  readonly afresh: boolean
  readonly onDrift: OnDrift
  /** The columns that tell rows apart; null: the output declares none, and cannot be upserted. */
  readonly key: ReadonlyArray<string> | null
}

/** What a cell of a column holds. Null fits every type; `unknown` has only been null so far. */
export type ColumnType = "string" | "integer" | "number" | "boolean" | "date" | "timestamp" | "json" | "unknown"

/** One column of a dataset, as plain JSON. */
export interface Column {
  readonly name: string
  readonly type: ColumnType
  /** Has been null or absent in some row; such a column may stay away from a whole sync without being drift. */
  readonly optional: boolean
  /** A string column of a CSV that settled from a mix of types: values of any type go on fitting it. */
  readonly mixed?: true
}

/** The columns of a dataset in the order of its header, as plain JSON. */
export interface Contract {
  readonly columns: ReadonlyArray<Column>
}

/** The two encodings that are staged; every other format is made from one of them at commit. */
export type Codec = "csv" | "jsonl"

/** The formats of text that a dataset's file may have; `json` is an array of objects, made of `jsonl` at commit. */
export type TextFormat = Codec | "json"

/** `reject` refuses rows that don't fit the contract; `evolve` lets additions and widenings through and reports them. */
export type OnDrift = "reject" | "evolve"

/** How lines of a CSV end. */
export type Eol = "\n" | "\r\n" | "\r"

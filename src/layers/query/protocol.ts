import type { ColumnType, Contract } from "../../services/domain/Contract.ts"
import type { Format } from "../../services/domain/Manifest.ts"

/** What the host asks of the process that queries, one at a time, and what it answers. */
export type Ask =
  | { readonly type: "parse"; readonly texts: ReadonlyArray<string> }
  | {
      readonly type: "load"
      readonly tables: ReadonlyArray<TableSource>
      /** In an order in which each finds those that it reads. */
      readonly views: ReadonlyArray<ViewSource>
    }
  | { readonly type: "run"; readonly sql: string; readonly limit: number; readonly bytes: number }

export interface TableSource {
  readonly name: string
  /** Null: only the columns are needed. */
  readonly file: string | null
  readonly format: Format
  readonly table: string | null
  readonly contract: Contract
  readonly header: ReadonlyArray<string> | null
  readonly eol: string
}

export interface ViewSource {
  readonly name: string
  readonly sql: string
}

/** A table that a query reads, and where it says so: in bytes of its UTF-8, or null. */
export interface Reference {
  readonly name: string
  readonly at: number | null
}

export type Parsed =
  | { readonly type: "select"; readonly references: ReadonlyArray<Reference> }
  | { readonly type: "refused"; readonly detail: string; readonly next: string; readonly at: number | null }
  | ({ readonly type: "invalid" } & Complaint)

/** What DuckDB says. */
export interface Complaint {
  readonly detail: string
  readonly at: number | null
  readonly candidates: ReadonlyArray<string>
}

export type LoadedView =
  | { readonly name: string; readonly columns: ReadonlyArray<AnsweredColumn> }
  | ({ readonly name: string; readonly columns: null } & Complaint)

export interface AnsweredColumn {
  readonly name: string
  readonly type: ColumnType
}

export type Reply =
  | { readonly type: "parsed"; readonly parsed: ReadonlyArray<Parsed> }
  | { readonly type: "loaded"; readonly views: ReadonlyArray<LoadedView> }
  /** `rows` is JSON: an array of arrays, in the order of the columns. */
  | {
      readonly type: "answered"
      readonly columns: ReadonlyArray<AnsweredColumn>
      readonly rows: string
      readonly truncated: boolean
    }
  | { readonly type: "tooLarge"; readonly detail: string }
  | ({ readonly type: "failed" } & Complaint)

import { type ByteSink, CHUNK, isLongerThan, TextOut } from "./byteSink.ts"
import { csvLine, jsonLine, rowError } from "./lines.ts"
import { ColumnSet } from "./columnSet.ts"
import type { ColumnTally } from "./columnTally.ts"
import type { Codec, Contract, Eol, OnDrift } from "../../services/domain/Contract.ts"
import { csvText } from "./csvText.ts"
import { type ColumnReport, type Drift, judge, type SchemaChange } from "./drift.ts"
import { jsonString, refuseSymbols } from "./jsonText.ts"
import { keyText } from "./keyText.ts"
import {
  append,
  getPrototypeOf,
  isArray,
  newMap,
  getIn,
  objectKeys,
  objectPrototype,
  setIn,
  slice,
} from "./primordials.ts"
import { describe, Refusal, type RowError } from "./rowError.ts"
import { MOST_ROW } from "./rowLimit.ts"
import { type RowPlan, RowShapes } from "./rowShapes.ts"
import { refuseOpaque } from "./values.ts"

export interface RowWriterOptions {
  readonly codec: Codec
  /** Null for an empty dataset: the rows settle it. */
  readonly contract: Contract | null
  /** `whole` makes a file of its own (a CSV with its header line), `segment` rows to be appended to one. JSONL knows no difference. */
  readonly mode: "whole" | "segment"
  /** The header of the file, where there is one; columns of the contract that it lacks follow it. */
  readonly columns: ReadonlyArray<string> | null
  /** Line ends of a CSV; those of JSONL are always `\n`. */
  readonly eol: Eol
  readonly onDrift: OnDrift
  /** The columns that tell rows apart, by which a row that drifts is named. */
  readonly key?: ReadonlyArray<string> | null
  readonly sink: ByteSink
}

/** What was written and seen. With drift nothing may be committed: the bytes end with the row in which it showed. */
export interface WriterReport {
  readonly rows: number
  /** Bytes handed to the sink, the header included. */
  readonly bytes: number
  /** All columns in their final order; those no row had have `firstRow` null. */
  readonly columns: ReadonlyArray<ColumnReport>
  /** Columns that the first CSV records have: those in the header written, or in the header given for a segment. */
  readonly headerColumns: number
  /** Columns appeared after the header was written, so that early CSV records are shorter than late ones. */
  readonly grown: boolean
  readonly drift: Drift
  readonly changes: ReadonlyArray<SchemaChange>
  /** The contract after these rows. */
  readonly contract: Contract
}

interface HeldRow {
  readonly line: string
  readonly columns: number
}

/**
 * Checks and encodes the rows of one output. `row` throws a `RowError` for a row that no file could hold, after which
 * the writer only repeats that error: a sync is never written without one of its rows. Rows that don't fit the contract
 * don't throw; they are gathered into the report's `drift`. What the sink throws passes through.
 */
export class RowWriter {
  readonly #options: RowWriterOptions
  readonly #columns: ColumnSet
  readonly #shapes: RowShapes
  readonly #out: TextOut
  readonly #csv: boolean
  #rows = 0
  #headerColumns: number
  /** CSV rows that wait for the header, and how much text they are; null once it is written or when there is none. */
  #held: Array<HeldRow> | null
  #heldLength = 0
  #failure: RowError | null = null
  /** The column whose cell is being made, for errors. */
  #current: string | null = null

  constructor(options: RowWriterOptions) {
    const { codec, contract, mode, columns, onDrift, sink } = options
    this.#options = options
    this.#csv = codec === "csv"
    this.#columns = new ColumnSet(contract, columns ?? [], codec, onDrift)
    this.#shapes = new RowShapes((keys) => this.#plan(keys))
    this.#out = new TextOut(sink)
    this.#held = this.#csv && mode === "whole" ? [] : null
    this.#headerColumns = columns === null ? this.#columns.list.length : columns.length
  }

  /** Adds one row; its own enumerable string keys are the columns. */
  row(value: unknown): void {
    if (this.#failure !== null) throw this.#failure
    const { drifted } = this.#columns.alarm
    let line: string
    try {
      line = this.#line(value)
      if (isLongerThan(line, MOST_ROW)) {
        this.#current = null
        throw new Refusal("a row of at most 64 MiB", "a longer one")
      }
    } catch (error) {
      throw this.#fail(error)
    }
    this.#rows++
    if (this.#columns.alarm.signs.length > 0) this.#name(value)
    if (drifted) return
    if (this.#held === null) this.#out.add(line)
    else this.#hold(this.#held, line)
  }

  #name(row: unknown): void {
    const { signs } = this.#columns.alarm
    const key = keyText(row, this.#options.key ?? null)
    for (let at = 0; key !== null && at < signs.length; at++) signs[at]!.key = key
    signs.length = 0
  }

  /** Writes what is still held and reports. To be called once. */
  finish(): WriterReport {
    if (this.#failure !== null) throw this.#failure
    const { contract, codec, onDrift } = this.#options
    const tallies = this.#columns.list
    if (this.#csv && this.#rows > 0 && tallies.length === 0) {
      throw this.#fail(new Refusal("at least one column", "rows without any"), 0)
    }
    if (this.#held !== null) this.#release(this.#held)
    this.#out.flush()
    const columns: Array<ColumnReport> = []
    for (let at = 0; at < tallies.length; at++) append(columns, tallies[at]!.report(codec))
    const headerColumns = this.#csv ? this.#headerColumns : columns.length
    return {
      rows: this.#rows,
      bytes: this.#out.bytes,
      columns,
      headerColumns,
      grown: columns.length > headerColumns,
      ...judge({ columns, rows: this.#rows, contract, codec, onDrift }),
    }
  }

  #line(value: unknown): string {
    this.#current = null
    if (typeof value !== "object" || value === null || isArray(value)) {
      throw new Refusal("an object of columns", describe(value))
    }
    const keys = objectKeys(value)
    if (keys.length === 0) refuseUnlessPlain(value)
    refuseSymbols(value)
    const plan = this.#shapes.planOf(keys)
    // Rows of one sequence of keys are of one make nearly always, so one of them is looked at.
    if (!plan.vetted) {
      this.#current = null
      refuseOpaque(value)
      plan.vetted = true
    }
    return this.#csv ? csvLine(plan, value, this.#rows) : jsonLine(plan, value, this.#rows)
  }

  #plan(keys: ReadonlyArray<string>): RowPlan {
    const all = this.#columns.list
    const known = all.length
    const present = newMap<ColumnTally, true>()
    for (let at = 0; at < keys.length; at++) {
      this.#current = keys[at]!
      const column = this.#columns.find(keys[at]!)
      if (column.firstRow < 0) column.firstRow = this.#rows
      setIn(present, column, true)
    }
    if (all.length > known) {
      this.#shapes.forget()
      for (let at = known; at < all.length; at++) all[at]!.absent = this.#rows > 0
    }
    const columns: Array<ColumnTally> = []
    const before: Array<string> = []
    const closing: Array<string> = []
    const opening: Array<string> = []
    const between: Array<string> = []
    let text = this.#csv ? "" : "{"
    for (let at = 0; at < all.length; at++) {
      const column = all[at]!
      if (this.#csv && at > 0) text += ","
      if (getIn(present, column) === undefined) {
        column.absent = true
        continue
      }
      if (!this.#csv) text += (columns.length > 0 ? "," : "") + jsonString(column.name) + ":"
      append(columns, column)
      append(before, text)
      append(closing, '"' + text)
      append(opening, text + '"')
      append(between, '"' + text + '"')
      text = ""
    }
    return {
      columns,
      before,
      closing,
      opening,
      between,
      after: text + (this.#csv ? this.#options.eol : "}\n"),
      vetted: false,
    }
  }

  #hold(held: Array<HeldRow>, line: string): void {
    append(held, { line, columns: this.#columns.list.length })
    this.#heldLength += line.length
    if (this.#heldLength >= CHUNK && this.#columns.list.length > 0) this.#release(held)
  }

  /** Writes the header of all columns known by now and the held rows, the shorter of them filled up with nulls. */
  #release(held: ReadonlyArray<HeldRow>): void {
    const columns = this.#columns.list
    const eol = this.#options.eol
    this.#held = null
    this.#headerColumns = columns.length
    if (columns.length === 0) return
    let header = ""
    for (let at = 0; at < columns.length; at++) header += (at > 0 ? "," : "") + csvText(columns[at]!.name)
    this.#out.add(header + eol)
    for (let at = 0; at < held.length; at++) {
      const { line, columns: had } = held[at]!
      let padded = line
      if (had < columns.length) {
        padded = slice(line, 0, -eol.length)
        // A row of no columns and one of a single null column are the same empty line.
        for (let more = had === 0 ? 1 : had; more < columns.length; more++) padded += ","
        padded += eol
      }
      this.#out.add(padded)
    }
  }

  #fail(error: unknown, row: number = this.#rows): RowError {
    this.#failure = rowError(error, row, this.#current)
    return this.#failure
  }
}

function refuseUnlessPlain(value: object): void {
  const prototype = getPrototypeOf(value)
  if (prototype === objectPrototype || prototype === null) return
  refuseOpaque(value)
  throw new Refusal("an object of columns", `${describe(value)} without any`)
}

import { createHash } from "node:crypto"
import type { Codec } from "../../services/domain/Contract.ts"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import { CsvReader, type CsvRecord } from "../formats/csvReader.ts"
import { CsvScanner } from "../formats/csvScanner.ts"
import { JsonlScanner } from "../formats/jsonlScanner.ts"

/** Counts what was staged, so that nothing the guest reported has to be believed. Throws `MalformedFile`. */
export class StagedScan {
  readonly #hash = createHash("sha256")
  readonly #scanner: CsvScanner | JsonlScanner
  #reader: CsvReader | null
  #first: CsvRecord | null = null
  bytes = 0

  /** `columns` of the first records, where they are known; see `fits`. */
  constructor(codec: Codec, columns: number | null) {
    this.#scanner = codec === "csv" ? new CsvScanner(columns) : new JsonlScanner()
    this.#reader = codec === "csv" ? new CsvReader() : null
  }

  /** In a CSV of one column a blank line is a row, in others it is none: a scan that didn't know can't tell. */
  static needsColumns = (codec: Codec, report: OutputReport): boolean => codec === "csv" && report.headerColumns < 2

  push(chunk: Uint8Array): void {
    this.#hash.update(chunk)
    this.bytes += chunk.length
    if (this.#reader !== null) this.#lookForHeader(this.#reader.push(chunk))
    this.#scanner.push(chunk)
  }

  /** What is wrong with it, or null; to be called once, at the end. */
  finish(report: OutputReport): { readonly hash: string; readonly problem: string | null } {
    if (this.#reader !== null) this.#lookForHeader(this.#reader.end())
    return { hash: this.#hash.digest("hex"), problem: this.#problem(report) }
  }

  #lookForHeader(records: ReadonlyArray<CsvRecord>): void {
    if (records[0] === undefined) return
    this.#first = records[0]
    this.#reader = null
  }

  #problem(report: OutputReport): string | null {
    const counted = this.#scanner.end()
    const names = report.columns.map(({ name }) => name)
    const isCsv = "records" in counted
    const hasHeader = isCsv && report.shape === "whole" && names.length > 0
    if (hasHeader) {
      const expected = names.slice(0, report.headerColumns)
      const header = (this.#first ?? []).map((name) => name ?? "")
      const same = header.length === expected.length && header.every((name, at) => name === expected[at])
      if (!same) return "its header is not the one that was reported"
    }
    const rows = isCsv ? counted.records - (hasHeader ? 1 : 0) : counted.rows
    if (rows !== report.rows) return `${report.rows} rows were reported, ${rows} are there`
    if (this.bytes > 0 && !counted.finalNewline) return "its last row has no end"
    if (!isCsv || rows === 0) return null
    if (counted.maxFields > names.length) return `a row has ${counted.maxFields} fields, ${names.length} were reported`
    if (counted.minFields < report.headerColumns) return `a row has only ${counted.minFields} fields`
    return null
  }
}

import { bitOfCellText } from "./cellText.ts"
import type { Codec, Column, Contract } from "../../services/domain/Contract.ts"
import type { CsvRecord } from "./csvReader.ts"
import { CellIssue } from "./decode.ts"
import type { JsonRow } from "./jsonl.ts"
import { describe } from "./rowError.ts"
import { join } from "./settle.ts"
import { bitOfType, classify, STRING } from "./values.ts"

interface Evidence {
  readonly name: string
  mask: number
  nulls: boolean
  /** Rows that had the column. */
  rows: number
}

/** Infers the contract of a file that the user brought, row by row over the whole of it. Each `add` answers with an issue or null. */
export class ContractInference {
  readonly #codec: Codec
  readonly #columns = new Map<string, Evidence>()
  readonly #lower = new Map<string, string>()
  #header: ReadonlyArray<Evidence> = []
  #rows = 0

  /** `csv` reads cells' text, `jsonl` values of JSON; a mix of types settles as in the respective format. */
  constructor(codec: Codec) {
    this.#codec = codec
  }

  /** The header of a CSV, before any record. */
  header(names: ReadonlyArray<string>): CellIssue | null {
    const header: Array<Evidence> = []
    for (const name of names) {
      if (this.#columns.has(name)) return new CellIssue(null, name, "different column names", "the same name twice")
      const evidence = this.#column(name, null)
      if (evidence instanceof CellIssue) return evidence
      header.push(evidence)
    }
    this.#header = header
    return null
  }

  record(record: CsvRecord): CellIssue | null {
    const header = this.#header
    if (record.length !== header.length) {
      return new CellIssue(this.#rows, null, `a record of ${header.length} fields`, `one of ${record.length}`)
    }
    this.#rows++
    for (let at = 0; at < header.length; at++) {
      const evidence = header[at]!
      const text = record[at]!
      evidence.rows++
      if (text === null) evidence.nulls = true
      else evidence.mask |= bitOfCellText(text)
    }
    return null
  }

  row(row: JsonRow): CellIssue | null {
    for (const name of Object.keys(row)) {
      const evidence = this.#columns.get(name) ?? this.#column(name, this.#rows)
      if (evidence instanceof CellIssue) return evidence
      evidence.rows++
      const value = row[name]
      if (value === null) evidence.nulls = true
      else if (typeof value === "string" && (evidence.mask & STRING) !== 0) continue
      else {
        try {
          evidence.mask |= bitOfType(classify(value) ?? "unknown")
        } catch {
          return new CellIssue(this.#rows, name, "a value", describe(value))
        }
      }
    }
    this.#rows++
    return null
  }

  contract(): Contract {
    const columns: Array<Column> = []
    for (const { name, mask, nulls, rows } of this.#columns.values()) {
      const { type, mixed } = join(mask, this.#codec)
      const optional = nulls || rows < this.#rows || type === "unknown"
      columns.push(mixed ? { name, type, optional, mixed: true } : { name, type, optional })
    }
    return { columns }
  }

  #column(name: string, row: number | null): Evidence | CellIssue {
    if (name === "") return new CellIssue(row, name, "a column name", "an empty name")
    const lower = name.toLowerCase()
    const other = this.#lower.get(lower)
    if (other !== undefined) {
      return new CellIssue(row, name, "column names that differ by more than case", `also ${describe(other)}`)
    }
    const evidence: Evidence = { name, mask: 0, nulls: false, rows: 0 }
    this.#columns.set(name, evidence)
    this.#lower.set(lower, name)
    return evidence
  }
}

import type { Column, Contract } from "../../services/domain/Contract.ts"
import type { Row } from "../../services/domain/Row.ts"
import { microsOf } from "./parquet/instants.ts"
import { Refusal } from "./rowError.ts"

/** By what rows are told apart, and when two of them are the same. */
export interface KeyRule {
  readonly contract: Contract
  readonly key: ReadonlyArray<string>
  /** Timestamps are instants, however they are written; else they are texts. */
  readonly instants: boolean
}

/**
 * The key of a row as text, the same for the same values under the contract's types: 1 and 1.0 are one number, and the
 * order of an object's own keys says nothing. Null when any of it is null.
 */
export const keyReader = (rule: KeyRule): ((row: Row) => string | null) => {
  const cells = rule.key.map((name) =>
    cellReader(
      rule,
      rule.contract.columns.find((column) => column.name === name),
    ),
  )
  return (row) => {
    let text = ""
    for (const cell of cells) {
      const value = cell(row)
      if (value === null) return null
      text += text === "" ? value : `,${value}`
    }
    return text
  }
}

/**
 * All values of a row as text: two rows have the same text if they have the same values. Columns that came later, and
 * that a row lacks, change nothing of its text.
 */
export const rowReader = (rule: KeyRule): ((row: Row) => string) => {
  const cells = rule.contract.columns.map((column) => cellReader(rule, column))
  return (row) => {
    const texts = cells.map((cell) => cell(row))
    return texts.slice(0, texts.findLastIndex((text) => text !== null) + 1).join()
  }
}

/** Whether two rows have the same values; a column that one of them lacks is null. */
export const rowComparer = (rule: KeyRule): ((a: Row, b: Row) => boolean) => {
  const cells = rule.contract.columns.map((column) => cellReader(rule, column))
  return (a, b) => cells.every((cell) => cell(a) === cell(b))
}

/** Whether a row has these values; those of no column of the contract none has. */
export const rowMatcher = (rule: KeyRule, match: Row): ((row: Row) => boolean) => {
  const columns = rule.contract.columns.filter(({ name }) => Object.hasOwn(match, name))
  // Matching more rows than was asked for would be the worst.
  if (columns.length < Object.keys(match).length) return () => false
  const wanted = columns.map((column) => {
    const cell = cellReader(rule, column)
    return { cell, text: cell(match) }
  })
  return (row) => wanted.every(({ cell, text }) => cell(row) === text)
}

const cellReader = ({ instants }: KeyRule, column: Column | undefined): ((row: Row) => string | null) => {
  if (column === undefined) return () => null
  const { name, type } = column
  return (row) => {
    const value = Object.hasOwn(row, name) ? row[name] : null
    if (value === null || value === undefined) return null
    return type === "timestamp" && instants ? instantOf(value as string) : textOf(value)
  }
}

/** A timestamp that Parquet cannot keep is refused when it is written. */
const instantOf = (text: string): string => {
  try {
    return String(microsOf(text))
  } catch (error) {
    if (Refusal.is(error)) return JSON.stringify(text)
    throw error
  }
}

/** JSON with the keys of objects in one order. */
const textOf = (value: unknown): string => {
  if (typeof value === "bigint") return String(value)
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${textOf(inner)}`).join()}}`
}

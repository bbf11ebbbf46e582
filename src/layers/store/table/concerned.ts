import type { DatabaseSync, SQLInputValue, SQLOutputValue } from "node:sqlite"
import type { Contract } from "../../../services/domain/Contract.ts"
import type { Row } from "../../../services/domain/Row.ts"
import type { NetEdits } from "../netEdits.ts"
import { type Targets, targetsOf } from "./insert.ts"
import { keyCellReader } from "./inserter.ts"
import { integerJson } from "./cells.ts"
import { KeyCollector, type Keys } from "./keys.ts"
import { inMain, quoted } from "./names.ts"
import { cellValue } from "./read.ts"
import { columnNamed, type TableShape } from "./shape.ts"

/** Rows of a table that edits concern. */
export interface Concerned {
  /** Also those that are already what they are to be. */
  readonly touched: number
  readonly gone: { readonly keys: Keys; readonly rows: number }
  readonly changed: ReadonlyArray<Changed>
  /** Of those that go or change. */
  readonly all: Keys
}

export interface Changed {
  /** Its line of keys. */
  readonly key: string
  readonly set: Row
  readonly row: Row
}

export function findConcerned(db: DatabaseSync, shape: TableShape, contract: Contract, net: NetEdits): Concerned {
  const [all, gone] = [new KeyCollector(), new KeyCollector()]
  const changed: Array<Changed> = []
  const known = contract.columns.filter(({ name }) => columnNamed(shape, name) !== undefined)
  const targets = targetsOf(shape, { columns: known })
  const own = shape.withoutRowid ? shape.keys.map(({ name }) => quoted(name)) : [shape.rowid!]
  const cells = targets.map(({ target }) => quoted(target.name))
  const { where, values } = conditionOf(targets, net.matches)
  const sql = `SELECT ${[...own, ...cells].join()} FROM ${inMain(shape.name)} WHERE ${where} ORDER BY ${shape.order}`
  const statement = db.prepare(sql)
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  const keyCell = keyCellReader(db)
  let [touched, removed] = [0, 0]
  for (const there of statement.iterate(...values) as unknown as Iterable<ReadonlyArray<SQLOutputValue>>) {
    const pairs = targets.map(({ column }, at) => [column.name, cellValue(column, there[own.length + at]!)] as const)
    const row: Row = Object.fromEntries(pairs)
    const outcome = net.outcomeOf(row)
    if (outcome === null) continue
    touched++
    if (outcome !== "gone" && net.isSame(outcome.row, row)) continue
    const key = shape.withoutRowid ? there.slice(0, own.length).map(keyCell) : (there[0] as bigint)
    note(all, key)
    if (outcome !== "gone") changed.push({ key: lineOf(key), ...outcome })
    else {
      note(gone, key)
      removed++
    }
  }
  return { touched, gone: { keys: gone.lines(), rows: removed }, changed, all: all.lines() }
}

/** A rowid, or the cells of a primary key as JSON. */
type Key = bigint | ReadonlyArray<string>

const note = (to: KeyCollector, key: Key): void => (typeof key === "bigint" ? to.rowid(key) : to.key(key))
const lineOf = (key: Key): string =>
  typeof key === "bigint" ? `[${integerJson(key)},${integerJson(key)}]` : `[${key.join()}]`

/**
 * What SQLite can find the rows by: all that are concerned, and perhaps others. Of what it may compare in a way of its
 * own, nothing is asked.
 */
function conditionOf(targets: Targets, matches: ReadonlyArray<Row>) {
  const values: Array<SQLInputValue> = []
  const any = matches.map((match) => {
    const terms = targets.flatMap(({ column: { name, type, mixed }, target }) => {
      if (!Object.hasOwn(match, name)) return []
      const value = match[name]
      if (value === null) return [`${quoted(target.name)} IS NULL`]
      const isText = type === "string" && mixed !== true && target.affinity === "TEXT" && typeof value === "string"
      const isInteger = type === "integer" && target.affinity === "INTEGER" && Number.isSafeInteger(value)
      if (!isText && !isInteger) return []
      values.push(isInteger ? BigInt(value as number) : (value as string))
      return [`${quoted(target.name)} = ?`]
    })
    return terms.length === 0 ? "1" : `(${terms.join(" AND ")})`
  })
  if (values.length > mostValues) return { where: "1", values: [] }
  return { where: any.length === 0 ? "0" : anyOf(any), values }
}

/** SQLite binds 32,766 at most. */
const mostValues = 30_000

/** One of many terms: SQLite takes an expression that is 1,000 deep at most, and a chain of them is as deep as it is long. */
const anyOf = (terms: ReadonlyArray<string>): string => {
  if (terms.length === 1) return terms[0]!
  const half = terms.length >> 1
  return `(${anyOf(terms.slice(0, half))} OR ${anyOf(terms.slice(half))})`
}

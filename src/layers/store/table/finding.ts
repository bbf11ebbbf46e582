import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite"
import type { Contract } from "../../../services/domain/Contract.ts"
import type { Row } from "../../../services/domain/Row.ts"
import { rowComparer } from "../../formats/rowKeys.ts"
import { type Targets, targetsOf, valuesOf } from "./insert.ts"
import { keyCellReader, placeOf } from "./inserter.ts"
import { KeyCollector, type Keys } from "./keys.ts"
import { inMain, quoted } from "./names.ts"
import { DuplicateRows, isConstraint, RefusedRow } from "./refusal.ts"
import { cellValue } from "./read.ts"
import { columnNamed, type TableShape } from "./shape.ts"

/** Staged rows with a number and decoded, in batches; each time from the beginning. */
export type StagedRows = () => AsyncIterable<ReadonlyArray<readonly [number: number, row: Row]>>

/** Which rows of a table the staged ones are for. */
export interface Found {
  /** Rows that differ from the staged ones, and rows that don't. */
  readonly changed: number
  readonly unchanged: number
  readonly keys: Keys
  /** What a staged row is: one that the table has as it is, one that it has otherwise, or none of its. */
  readonly kindOf: (number: number) => "same" | "changed" | "fresh"
  /** SQL of the condition that the table's row for a staged one fulfills; its number is to be bound. */
  readonly where: string
}

const [staged, found] = ["temp.openislands_staged", "temp.openislands_found"]

/**
 * Finds the table's rows by the keys of staged ones, in the tables of its own that `forget` drops. Each key is staged
 * once. Nothing but the keys is held, and those by SQLite. Throws `DuplicateRows` where two rows have one of them.
 */
export const findRows = async (
  db: DatabaseSync,
  shape: TableShape,
  contract: Contract,
  key: ReadonlyArray<string>,
  rows: StagedRows,
): Promise<Found> => {
  const known = contract.columns.filter(({ name }) => columnNamed(shape, name) !== undefined)
  const targets = targetsOf(shape, { columns: known })
  const keyed = targets.filter(({ column }) => key.includes(column.name))
  const columns = keyed.map((_, at) => `k${at}`)
  // Of the table's own affinity, so that keys are what they would be in it, and compared byte by byte.
  const declared = keyed.map(({ target }, at) => `k${at} ${target.affinity}`)
  db.exec(`CREATE TEMP TABLE openislands_staged (number INTEGER PRIMARY KEY, ${declared.join()}, UNIQUE (${columns}))`)
  const insert = db.prepare(`INSERT INTO ${staged} VALUES (?, ${columns.map(() => "?").join()})`)
  for await (const batch of rows()) {
    for (const [number, row] of batch) addKey(insert, number, valuesOf(keyed, row, number))
  }
  const own = shape.withoutRowid ? shape.keys.map(({ name }) => quoted(name)) : [shape.rowid!]
  const same = keyed.map(({ target }, at) => `s.k${at} = t.${quoted(target.name)}`)
  const list = own.map((term, at) => `t.${term} AS p${at}`)
  db.exec(`CREATE TEMP TABLE openislands_found AS SELECT s.number AS number, ${list.join()}, 0 AS changed
    FROM ${staged} AS s JOIN ${inMain(shape.name)} AS t ON ${same.join(" AND ")}`)
  db.exec("CREATE INDEX temp.openislands_by_number ON openislands_found (number)")
  demandOne(db, shape, keyed)

  const places = own.map((_, at) => `p${at}`).join()
  const where = `(${own.join()}) = (SELECT ${places} FROM ${found} WHERE number = ?)`
  const changed = await compare(db, shape, { contract, targets, key, rows, own, where })
  const kind = db.prepare(`SELECT changed FROM ${found} WHERE number = ?`)
  return {
    ...changed,
    where,
    kindOf: (number) => {
      const one = kind.get(number)
      return one === undefined ? "fresh" : one["changed"] === 1 ? "changed" : "same"
    },
  }
}

export const forget = (db: DatabaseSync): void => db.exec(`DROP TABLE ${found}; DROP TABLE ${staged}`)

const addKey = (insert: StatementSync, number: number, values: ReadonlyArray<SQLInputValue>): void => {
  try {
    insert.run(number, ...values)
  } catch (error) {
    if (!isConstraint(error)) throw error
    throw new RefusedRow(number, null, "in this table another row that was upserted has the same key")
  }
}

const demandOne = (db: DatabaseSync, shape: TableShape, keyed: Targets): void => {
  const twice = db.prepare(`SELECT number FROM ${found} GROUP BY number HAVING count(*) > 1 LIMIT 1`).get()
  if (twice === undefined) return
  const terms = keyed.map(({ target }, at) => `k${at} = t.${quoted(target.name)}`)
  const numbered = `SELECT row_number() OVER (ORDER BY ${shape.order}) - 1 AS place, * FROM ${inMain(shape.name)}`
  const rows = db
    .prepare(`SELECT place FROM (${numbered}) AS t JOIN ${staged} AS s ON ${terms.join(" AND ")} WHERE s.number = ?`)
    .all(twice["number"] as number)
  const key = db.prepare(`SELECT * FROM ${staged} WHERE number = ?`).get(twice["number"] as number)!
  const cells = keyed.map(({ column }, at) => [column.name, key[`k${at}`]] as const)
  throw new DuplicateRows(
    cells,
    rows.map(({ place }) => place as number).toSorted((a, b) => a - b),
  )
}

interface Comparing {
  readonly contract: Contract
  /** Of the columns that are there. */
  readonly targets: Targets
  readonly key: ReadonlyArray<string>
  readonly rows: StagedRows
  readonly own: ReadonlyArray<string>
  readonly where: string
}

const compare = async (
  db: DatabaseSync,
  shape: TableShape,
  { contract, targets, key, rows, own, where }: Comparing,
) => {
  const isSame = rowComparer({ contract, key, instants: false })
  const cells = targets.map(({ target }) => quoted(target.name))
  const read = db.prepare(`SELECT ${[...own, ...cells].join()} FROM ${inMain(shape.name)} WHERE ${where}`)
  read.setReadBigInts(true)
  read.setReturnArrays(true)
  const note = db.prepare(`UPDATE ${found} SET changed = 1 WHERE number = ?`)
  const keys = new KeyCollector()
  const keyCell = shape.withoutRowid ? keyCellReader(db) : null
  const asWritten = nullFiller(db, shape, targets)
  let [changed, unchanged] = [0, 0]
  for await (const batch of rows()) {
    for (const [number, row] of batch) {
      const there = read.get(number) as unknown as ReadonlyArray<SQLOutputValue> | undefined
      if (there === undefined) continue
      const values = targets.map(({ column }, at) => [column.name, cellValue(column, there[own.length + at]!)] as const)
      const now = Object.fromEntries(values)
      if (isSame(asWritten(row, now), now)) {
        unchanged++
        continue
      }
      note.run(number)
      changed++
      if (keyCell === null) keys.rowid(there[0] as bigint)
      else keys.key(there.slice(0, own.length).map(keyCell))
    }
  }
  return { changed, unchanged, keys: keys.lines() }
}

/** A row as an update would leave it: where null must not be it is the default, and of the row's own number what it is. */
const nullFiller = (db: DatabaseSync, shape: TableShape, targets: Targets): ((row: Row, there: Row) => Row) => {
  const fillers = targets.flatMap(({ column, target }) => {
    const { name } = column
    if (target.name === shape.rowidColumn) return [{ name, fill: (there: Row) => there[name] }]
    if (!target.notNull || target.fallback === null) return []
    const read = db.prepare(`SELECT ${placeOf(target)} AS value`)
    read.setReadBigInts(true)
    return [{ name, fill: () => cellValue(column, read.get(null)!["value"]!) }]
  })
  if (fillers.length === 0) return (row) => row
  return (row, there) => {
    const nulls = fillers.filter(({ name }) => !Object.hasOwn(row, name) || row[name] === null)
    return { ...row, ...Object.fromEntries(nulls.map(({ name, fill }) => [name, fill(there)])) }
  }
}

import { codeOf } from "./connect.ts"
import { folded } from "./names.ts"

/** A staged row that the table doesn't take as it is. */
export class RefusedRow extends Error {
  readonly _tag = "RefusedRow"
  /** 0-based among the staged rows; null when it isn't known. */
  readonly row: number | null
  readonly column: string | null
  /** For a person: "UNIQUE constraint failed: visits.id". */
  readonly detail: string

  constructor(row: number | null, column: string | null, detail: string) {
    const where = row === null ? "A row" : `Row ${row + 1}`
    super(`${where}${column === null ? "" : `, column ${JSON.stringify(column)}`}: ${detail}`)
    this.name = "RefusedRow"
    this.row = row
    this.column = column
    this.detail = detail
  }
}

/**
 * Why a checkpoint cannot be turned: `edited`, what it wrote was changed or removed by hand; `more`, rows were added by
 * hand to a table that it made as a whole (force keeps them); `conflict`, what has to come back meets something that
 * stands in its place now; `damaged`, the slot isn't what was kept.
 */
export class TableRefusal extends Error {
  readonly _tag = "TableRefusal"
  readonly kind: "edited" | "more" | "conflict" | "damaged"
  /** For a person: "2 rows of it are gone". */
  readonly detail: string

  constructor(kind: TableRefusal["kind"], detail: string) {
    super(detail)
    this.name = "TableRefusal"
    this.kind = kind
    this.detail = detail
  }
}

/** Two rows of the table have the key of a staged one. */
export class DuplicateRows extends Error {
  readonly _tag = "DuplicateRows"
  readonly key: ReadonlyArray<readonly [column: string, value: unknown]>
  /** 0-based, in the order of the table. */
  readonly rows: ReadonlyArray<number>

  constructor(key: DuplicateRows["key"], rows: ReadonlyArray<number>) {
    super("two rows of the table have the same key")
    this.name = "DuplicateRows"
    this.key = key
    this.rows = rows
  }
}

const TOO_BIG = 18
const CONSTRAINT = 19
const MISMATCH = 20

/** The table, not the disk, is what refused: a constraint, a type, or a RAISE of a trigger. */
function isRefusal(error: unknown): boolean {
  const code = codeOf(error)
  return code === CONSTRAINT || code === MISMATCH || code === TOO_BIG
}

/** Something that must be unique isn't, or the like. */
export function isConstraint(error: unknown): boolean {
  return codeOf(error) === CONSTRAINT
}

/** The statement as such cannot be: a column that a view needs, a trigger that names a table that is gone. */
function isMisfit(error: unknown): boolean {
  return codeOf(error) === 1
}

/** Runs what the table may refuse while rows come or go; that is then the given kind of refusal. */
export function refusing<A>(kind: TableRefusal["kind"], what: string, run: () => A): A {
  try {
    return run()
  } catch (error) {
    if (!isRefusal(error) && !isMisfit(error)) throw error
    throw new TableRefusal(kind, `${what}: ${(error as Error).message}`)
  }
}

/** Runs what the table may refuse while staged rows are brought in; see `RefusedRow`. */
export function refusingRow<A>(row: number | null, table: string, columns: ReadonlyArray<string>, run: () => A): A {
  try {
    return run()
  } catch (error) {
    if (!isRefusal(error) && !isMisfit(error)) throw error
    const { message } = error as Error
    // SQLite names a column last, if it blames one.
    const blamed = columns.filter((name) => folded(message).endsWith(` ${folded(table)}.${folded(name)}`))
    throw new RefusedRow(row, blamed.length === 1 ? blamed[0]! : null, message)
  }
}

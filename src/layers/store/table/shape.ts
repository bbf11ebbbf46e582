import type { DatabaseSync } from "node:sqlite"
import { affinityOf, type Affinity } from "./affinity.ts"
import { folded, quoted } from "./names.ts"
import { TableRefusal } from "./refusal.ts"

/** A column that holds values of its own: generated and hidden ones are none. */
export interface TableColumn {
  readonly name: string
  /** As it stands in CREATE TABLE; empty when there is none. */
  readonly declared: string
  readonly affinity: Affinity
  readonly notNull: boolean
  /** An expression of SQL. */
  readonly fallback: string | null
  /** 1-based position in the primary key; 0 when it isn't part of it. */
  readonly key: number
}

export interface TableShape {
  /** As the schema spells it. */
  readonly name: string
  /** `virtual` is also what SQLite keeps for itself, and a table whose columns hide its rowids. Only a `table` can be written. */
  readonly kind: "table" | "view" | "virtual"
  readonly columns: ReadonlyArray<TableColumn>
  readonly withoutRowid: boolean
  readonly strict: boolean
  /** What the rowid is called in SQL; null where there is none. */
  readonly rowid: string | null
  /** The column that is the rowid (INTEGER PRIMARY KEY). */
  readonly rowidColumn: string | null
  /** Columns of the primary key of a WITHOUT ROWID table, and what they are compared by in SQL. */
  readonly keys: ReadonlyArray<TableColumn>
  readonly keyTerms: ReadonlyArray<string>
  /** Terms of ORDER BY that bring the rows in the order they are stored in. */
  readonly order: string
  /** It has triggers, so that what is written may not be what is there then. */
  readonly triggers: boolean
}

interface Listed {
  readonly name: string
  readonly type: string
  readonly wr: number
  readonly strict: number
}

interface Info {
  readonly name: string
  readonly type: string
  readonly notnull: number
  readonly dflt_value: string | null
  readonly pk: number
  readonly hidden: number
}

/** What a table looks like, by its name in any case; null when there is none of this name. */
export function shapeOf(db: DatabaseSync, table: string): TableShape | null {
  const listed = db
    .prepare("SELECT name, type, wr, strict FROM pragma_table_list(?) WHERE schema = 'main'")
    .get(table) as Listed | undefined
  if (listed === undefined) return null
  const { name } = listed
  const infos = db.prepare("SELECT * FROM pragma_table_xinfo(?, 'main')").all(name) as unknown as ReadonlyArray<Info>
  const columns = infos.filter(({ hidden }) => hidden === 0).map(columnOf)
  const withoutRowid = listed.wr === 1
  const keys = columns.filter(({ key }) => key > 0).toSorted((a, b) => a.key - b.key)
  const index = db.prepare("SELECT name FROM pragma_index_list(?, 'main') WHERE origin = 'pk'").get(name)
  const isRowid = !withoutRowid && keys.length === 1 && index === undefined && /^integer$/i.test(keys[0]!.declared)
  const rowidColumn = isRowid ? keys[0]!.name : null
  const rowid = withoutRowid || listed.type !== "table" ? null : rowidName(rowidColumn, infos)
  const reachable = withoutRowid || rowid !== null
  const stored = withoutRowid ? storedKey(db, index?.["name"] as string) : []
  const triggers = "SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE"
  return {
    name,
    kind: listed.type === "view" ? "view" : kindOf(listed, reachable),
    columns,
    withoutRowid,
    strict: listed.strict === 1,
    rowid,
    rowidColumn,
    keys: withoutRowid ? keys : [],
    keyTerms: stored.map(({ term }) => term),
    order: withoutRowid ? stored.map(({ term, desc }) => term + desc).join(", ") : (rowid ?? "1"),
    triggers: db.prepare(triggers).get(name) !== undefined,
  }
}

/** The shape of a table that is to be read or written, which whoever calls has seen to. */
export function tableOf(db: DatabaseSync, table: string): TableShape {
  const shape = shapeOf(db, table)
  if (shape !== null) return shape
  throw new TableRefusal("edited", `there is no table ${JSON.stringify(table)} any more`)
}

/** The column of a name in any case. */
export function columnNamed(shape: TableShape, name: string): TableColumn | undefined {
  const wanted = folded(name)
  return (
    shape.columns.find((column) => column.name === name) ??
    shape.columns.find((column) => folded(column.name) === wanted)
  )
}

function kindOf({ name, type }: Listed, reachable: boolean): "table" | "virtual" {
  return type === "table" && reachable && !/^sqlite_/i.test(name) ? "table" : "virtual"
}

function columnOf({ name, type, notnull, dflt_value, pk }: Info): TableColumn {
  return { name, declared: type, affinity: affinityOf(type), notNull: notnull === 1, fallback: dflt_value, key: pk }
}

/** A column may be called `rowid`; then the rowid goes by another name, and with no name left it cannot be reached. */
function rowidName(rowidColumn: string | null, infos: ReadonlyArray<Info>): string | null {
  if (rowidColumn !== null) return quoted(rowidColumn)
  const taken = new Set(infos.map(({ name }) => folded(name)))
  return ["rowid", "_rowid_", "oid"].find((name) => !taken.has(name)) ?? null
}

/** The primary key as it is stored, whatever collation and direction it was declared with: then nothing has to be sorted. */
function storedKey(db: DatabaseSync, index: string): Array<{ readonly term: string; readonly desc: string }> {
  const sql = "SELECT name, desc, coll FROM pragma_index_xinfo(?, 'main') WHERE key = 1 ORDER BY seqno"
  return db
    .prepare(sql)
    .all(index)
    .map(({ name, desc, coll }) => ({
      term: `${quoted(name as string)} COLLATE ${quoted(coll as string)}`,
      desc: desc === 1 ? " DESC" : "",
    }))
}

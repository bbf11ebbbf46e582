import fc from "fast-check"
import { expect, it } from "vitest"
import type { ColumnType } from "../../../../src/services/domain/Contract.ts"
import { bring, column, doAgain, type Kept, memory, stateOf, takeBack } from "./tables.ts"

/** Kinds of tables that users have; the rows come as `key` (unique), `text`, `real` and `flag`. */
const kinds: Record<string, { readonly table: string; readonly sql: string; readonly key?: ColumnType }> = {
  "made by us": { table: "t", sql: "" },
  "without a key": { table: "t", sql: "CREATE TABLE t (key, text, real REAL, flag)" },
  "by an integer": {
    table: "T",
    sql: "CREATE TABLE t (key INTEGER PRIMARY KEY, text TEXT, real REAL, flag BOOLEAN); CREATE INDEX ti ON t (text)",
  },
  "by an integer that is never given twice": {
    table: "t",
    sql: "CREATE TABLE t (key INTEGER PRIMARY KEY AUTOINCREMENT, text, real REAL, flag)",
  },
  "by text": {
    table: "t",
    sql: "CREATE TABLE t (key TEXT PRIMARY KEY, text TEXT, real REAL, flag)",
    key: "string",
  },
  "without rowids": {
    table: "t",
    sql: "CREATE TABLE t (text TEXT, key TEXT COLLATE NOCASE, real REAL, flag, PRIMARY KEY (key DESC, real)) WITHOUT ROWID",
    key: "string",
  },
  strict: { table: "t", sql: "CREATE TABLE t (key INTEGER, text TEXT, real REAL, flag INTEGER) STRICT" },
  "with generated columns": {
    table: "t",
    sql: "CREATE TABLE t (key INTEGER UNIQUE, text TEXT, l AS (length(text)), real REAL, r AS (real * 2) STORED, flag)",
  },
  "with odd names": {
    table: 'a "b" ü.[x]',
    sql: 'CREATE TABLE "a ""b"" ü.[x]" (key PRIMARY KEY, text, real, flag, "rowid" TEXT, "__proto__", "toString" TEXT)',
  },
  "with a trigger that counts": {
    table: "t",
    sql: `CREATE TABLE t (key, text, real, flag); CREATE TABLE counts (name PRIMARY KEY, n); INSERT INTO counts VALUES ('t', 0);
      CREATE TRIGGER more AFTER INSERT ON t BEGIN INSERT OR REPLACE INTO counts VALUES ('t', (SELECT n + 1 FROM counts)); END;
      CREATE TRIGGER less AFTER DELETE ON t BEGIN UPDATE counts SET n = n - 1; END`,
  },
  "with a trigger that stamps": {
    table: "t",
    sql: `CREATE TABLE t (key, text, real, flag, stamp); CREATE TABLE clock (n); INSERT INTO clock VALUES (0);
      CREATE TRIGGER stamping AFTER INSERT ON t BEGIN
        UPDATE clock SET n = n + 1; UPDATE t SET stamp = (SELECT n FROM clock) WHERE rowid = NEW.rowid; END`,
  },
}

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("", "\0", "a\0b", "\ufffd", "\ufeff", "00123", "1e3"),
)
const row = fc.record(
  {
    text: fc.option(text),
    real: fc.double({ noNaN: true, noDefaultInfinity: true }),
    flag: fc.option(fc.boolean()),
    more: fc.option(fc.jsonValue()),
  },
  { requiredKeys: ["real"] },
)
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      mode: fc.constantFrom("insert" as const, "replace" as const, "upsert" as const),
      rows: fc.array(row, { maxLength: 5 }),
      wide: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.constant("undo" as const) },
  { weight: 2, arbitrary: fc.constant("redo" as const) },
)

it.each(Object.entries(kinds))(
  "a table %s is what it was before, whatever was undone and done again",
  async (_, kind) => {
    const { table } = kind
    const state = (db: ReturnType<typeof memory>) => {
      const counts = kind.sql.includes("counts") ? db.prepare("SELECT n FROM counts").get()?.["n"] : null
      return { rows: stateOf(db, table), counts }
    }
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const db = memory(kind.sql)
        let key = 0
        const done: Array<{ kept: Kept; before: unknown }> = []
        const undone: Array<{ kept: Kept; after: unknown }> = []
        for (const step of steps) {
          db.exec("BEGIN")
          if (step === "undo") {
            const last = done.pop()
            if (last !== undefined) {
              undone.push({ kept: last.kept, after: state(db) })
              await takeBack(db, last.kept)
              expect(state(db)).toEqual(last.before)
            }
          } else if (step === "redo") {
            const next = undone.pop()
            if (next !== undefined) {
              done.push({ kept: next.kept, before: state(db) })
              await doAgain(db, next.kept)
              expect(state(db)).toEqual(next.after)
            }
          } else {
            const known =
              step.mode === "upsert" && stateOf(db, table) !== null
                ? db.prepare(`SELECT key FROM "${table.replaceAll('"', '""')}"`).all()
                : []
            const keyed = step.rows.map((row, at) => ({
              key:
                known[at]?.["key"] ??
                (kind.key === "string"
                  ? `k${(key++ * 7) % 10}\ufffd${key}`
                  : ((key++ * 7) % 10) + 10 * ((key / 10) | 0) * 10),
              ...row,
            }))
            const columns = [
              column("key", kind.key ?? "integer"),
              column("text", "string"),
              column("real", "number"),
              column("flag", "boolean"),
            ]
            const before = state(db)
            const wide = step.wide ? [...columns, column("more", "json")] : columns
            const rows = keyed.map((row) =>
              Object.fromEntries(Object.entries(row).filter(([name]) => step.wide || name !== "more")),
            )
            const previous = step.mode === "upsert" ? { columns } : null
            const kept = await bring(db, { table, mode: step.mode, columns: wide, previous, rows, key: ["key"] })
            if (step.mode === "upsert" && kept !== null) {
              const again = await bring(db, { table, mode: "upsert", columns: wide, previous, rows, key: ["key"] })
              expect(again).toBeNull()
            }
            if (kept === null) expect(state(db)).toEqual(before)
            else {
              done.push({ kept, before })
              undone.length = 0
            }
          }
          db.exec("COMMIT")
        }
        for (const { kept, before } of done.toReversed()) {
          await takeBack(db, kept)
          expect(state(db)).toEqual(before)
        }
        expect(db.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" })
      }),
      { numRuns: 60 },
    )
  },
)

import { describe, expect, it } from "vitest"
import { bring, column, doAgain, memory, stateOf, takeBack } from "./tables.ts"

const id = column("id", "integer")
const name = column("name", "string")
const columns = [id, name]
const refusal = (kind: string) => ({ _tag: "TableRefusal", kind })
const rows = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => ({ id: from + at, name: `n${from + at}` }))

const begun = async (sql: string) => {
  const db = memory(sql)
  return { db, kept: (await bring(db, { table: "t", columns, rows: rows(5, 7) }))! }
}

const made = async () => {
  const db = memory()
  return { db, kept: (await bring(db, { table: "t", columns, rows: rows(1, 3) }))! }
}

const replaced = async (sql: string) => {
  const db = memory(sql)
  await bring(db, { table: "t", columns, rows: rows(1, 5) })
  return { db, kept: (await bring(db, { table: "t", mode: "replace", columns, rows: rows(11, 12) }))! }
}

describe("rows that were inserted", () => {
  const keyed = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t VALUES (1, 'mine')"

  it("go alone, whatever was added, changed or removed by hand elsewhere", async () => {
    const { db, kept } = await begun(keyed)
    db.exec("UPDATE t SET name = 'still mine' WHERE id = 1; INSERT INTO t VALUES (4, 'four'), (9, 'nine')")
    await takeBack(db, kept)
    expect(stateOf(db, "t")!.slice(1)).toEqual(['[1,1,"still mine"]', '[4,4,"four"]', '[9,9,"nine"]'])
    await doAgain(db, kept)
    expect(db.prepare("SELECT group_concat(id) AS ids FROM t").get()).toEqual({ ids: "1,4,5,6,7,9" })
  })

  it.each([
    "UPDATE t SET name = 'x' WHERE id = 6",
    "DELETE FROM t WHERE id = 6",
    "DROP TABLE t",
    "ALTER TABLE t RENAME name TO n",
  ])("don't go when they are no longer what was inserted: %s", async (edit) => {
    const { db, kept } = await begun(keyed)
    db.exec(edit)
    const before = stateOf(db, "t")
    await expect(takeBack(db, kept)).rejects.toMatchObject(refusal("edited"))
    expect(stateOf(db, "t")).toEqual(before)
  })

  it("don't come back where a key is taken now", async () => {
    const { db, kept } = await begun(keyed)
    await takeBack(db, kept)
    db.exec("INSERT INTO t VALUES (6, 'by hand')")
    await expect(doAgain(db, kept)).rejects.toMatchObject(refusal("conflict"))
  })

  it.each(["RAISE(IGNORE)", "RAISE(ABORT, 'never')"])("stay when a trigger has it so: %s", async (raise) => {
    const { db, kept } = await begun(keyed)
    db.exec(`CREATE TRIGGER keeping BEFORE DELETE ON t WHEN OLD.id = 6 BEGIN SELECT ${raise}; END`)
    await expect(takeBack(db, kept)).rejects.toMatchObject(refusal("conflict"))
  })

  it("are undone although their slot would not be read: that is an error, and they are still there", async () => {
    const { db, kept } = await begun(keyed)
    const { undo } = await import("../../../../src/layers/store/table/turn.ts")
    await expect(undo(db, kept.unit, { ...kept, force: false }, async () => {})).rejects.toThrow("not read to its end")
    expect(stateOf(db, "t")).toHaveLength(5)
  })
})

describe("a table that was made", () => {
  it("goes and comes back with what was made on it since", async () => {
    const { db, kept } = await made()
    db.exec("CREATE INDEX names ON t (name)")
    const schema = () => db.prepare("SELECT type, name, sql FROM sqlite_schema").all()
    const before = [stateOf(db, "t"), schema()]
    await takeBack(db, kept)
    expect(schema()).toEqual([])
    await doAgain(db, kept)
    expect([stateOf(db, "t"), schema()]).toEqual(before)
  })

  it("stays with rows that were added by hand, by force only", async () => {
    const { db, kept } = await made()
    db.exec("INSERT INTO t VALUES (9, 'by hand')")
    await expect(takeBack(db, kept)).rejects.toMatchObject(refusal("more"))
    await takeBack(db, kept, true)
    expect(stateOf(db, "t")!.slice(1)).toEqual(['[4,9,"by hand"]'])
    await expect(doAgain(db, kept)).rejects.toMatchObject(refusal("more"))
    await doAgain(db, kept, true)
    expect(stateOf(db, "t")).toHaveLength(5)
  })

  it("doesn't come back where there is another one", async () => {
    const { db, kept } = await made()
    await takeBack(db, kept)
    db.exec("CREATE TABLE t (id, name)")
    await expect(doAgain(db, kept)).rejects.toMatchObject(refusal("conflict"))
  })
})

describe("a table that was replaced", () => {
  const free = "CREATE TABLE t (id INTEGER, name TEXT)"
  const keyed = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)"

  it("keeps rows that were added by hand, by force only, with new rowids where theirs are taken", async () => {
    const { db, kept } = await replaced(free)
    db.exec("INSERT INTO t (rowid, id, name) VALUES (4, 100, 'a'), (50, 101, 'b'), (5, -0.0, x'00')")
    await expect(takeBack(db, kept)).rejects.toMatchObject(refusal("more"))
    await takeBack(db, kept, true)
    expect(stateOf(db, "t")!.slice(5)).toEqual(['[5,5,"n5"]', '[50,101,"b"]', '[51,100,"a"]', '[52,0,{"blob":"AA=="}]'])
    await expect(doAgain(db, kept)).rejects.toMatchObject(refusal("more"))
    await doAgain(db, kept, true)
    expect(stateOf(db, "t")!.slice(1)).toEqual([
      '[1,11,"n11"]',
      '[2,12,"n12"]',
      '[50,101,"b"]',
      '[51,100,"a"]',
      '[52,0,{"blob":"AA=="}]',
    ])
  })

  it("gives no row that was added by hand another key", async () => {
    const { db, kept } = await replaced(keyed)
    db.exec("INSERT INTO t VALUES (4, 'by hand')")
    await expect(takeBack(db, kept, true)).rejects.toMatchObject(refusal("conflict"))
  })

  it("isn't replaced again over rows that were edited meanwhile", async () => {
    const { db, kept } = await replaced(keyed)
    await takeBack(db, kept)
    db.exec("UPDATE t SET name = 'by hand' WHERE id = 2")
    await expect(doAgain(db, kept, true)).rejects.toMatchObject(refusal("edited"))
  })

  it("doesn't take rows back that aren't the ones that were kept", async () => {
    const { db, kept } = await replaced(keyed)
    db.exec("SAVEPOINT s")
    await expect(takeBack(db, { ...kept, before: kept.before!.slice(0, -1) })).rejects.toMatchObject(refusal("damaged"))
    db.exec("ROLLBACK TO s")
    await expect(takeBack(db, { ...kept, before: null })).rejects.toMatchObject(refusal("damaged"))
  })
})

it("a column that was added stays while something is in it", async () => {
  const db = memory("CREATE TABLE t (id, name); INSERT INTO t VALUES (1, 'mine')")
  const kept = (await bring(db, {
    table: "t",
    columns: [...columns, column("more", "string")],
    rows: [{ id: 2, more: "x" }],
  }))!
  db.exec("SAVEPOINT s; UPDATE t SET more = 'by hand' WHERE id = 1")
  await expect(takeBack(db, kept)).rejects.toMatchObject(refusal("edited"))
  db.exec("ROLLBACK TO s; CREATE VIEW v AS SELECT more FROM t")
  await expect(takeBack(db, kept)).rejects.toMatchObject(refusal("conflict"))
})

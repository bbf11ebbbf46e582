import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, it } from "vitest"
import { connect, isBusy, isNoDatabase } from "../../../../src/layers/store/table/connect.ts"

const root = mkdtempSync(join(tmpdir(), "table-"))
afterAll(() => rmSync(root, { recursive: true }))

const thrown = (run: () => unknown): unknown => {
  try {
    run()
  } catch (error) {
    return error
  }
  return null
}

it("a database is made only where it may be, whatever its name", () => {
  const file = join(root, "a?b #%20é.db")
  const missing = thrown(() => connect(file, { create: false }))
  expect([missing !== null, isBusy(missing), isNoDatabase(missing), existsSync(file)]).toEqual([
    true,
    false,
    false,
    false,
  ])
  const db = connect(file, { create: true })
  db.exec("CREATE TABLE t (a)")
  db.close()
  expect(existsSync(file)).toBe(true)
  connect(file, { create: false }).close()
})

it("keeps the journal mode, waits for nobody, and leaves no row to a cascade", () => {
  const file = join(root, "wal.db")
  const first = connect(file, { create: true })
  first.exec("PRAGMA journal_mode=WAL; CREATE TABLE t (a)")
  const db = connect(file, { create: false })
  const pragma = (name: string) => Object.values(db.prepare(`PRAGMA ${name}`).get()!)[0]
  expect(["journal_mode", "synchronous", "foreign_keys", "busy_timeout"].map(pragma)).toEqual(["wal", 3, 0, 0])
  first.exec("BEGIN IMMEDIATE")
  const busy = thrown(() => db.exec("BEGIN IMMEDIATE"))
  expect([isBusy(busy), isNoDatabase(busy)]).toEqual([true, false])
  first.close()
  db.close()
})

it("a file that is no database, or is in use, says so at once", () => {
  const file = join(root, "notes.db")
  writeFileSync(file, "Dear diary, ".repeat(200))
  const error = thrown(() => connect(file, { create: true }))
  expect([isNoDatabase(error), isBusy(error), isNoDatabase(new Error("x"))]).toEqual([true, false, false])
  const used = connect(join(root, "used.db"), { create: true })
  used.exec("CREATE TABLE t (a); BEGIN EXCLUSIVE")
  expect(isBusy(thrown(() => connect(join(root, "used.db"), { create: false })))).toBe(true)
  used.close()
})

import { Effect, Schedule } from "effect"
import { existsSync } from "node:fs"
import type { DatabaseSync } from "node:sqlite"
import { StoreFailed } from "../../services/domain/StoreError.ts"
import { Disk } from "./Disk.ts"
import { connect, isBusy, isNoDatabase } from "./table/connect.ts"

/**
 * The one database of a transaction. Its COMMIT is then what decides: it carries the transaction's id in a row of a table
 * of ours, by which a recovery can tell.
 */
export interface OpenDatabase {
  readonly file: string
  readonly connection: DatabaseSync
}

const marker = "_openislands"

/** Other programs hold a database for moments only; ten seconds is what SQLite's own tools wait at most by custom. */
const patience = Schedule.max([
  Schedule.min([Schedule.exponential("5 millis", 1.5), Schedule.spaced("100 millis")]),
  Schedule.during("10 seconds"),
])

const busy = "it is locked by another program"

const step = <A>(operation: string, file: string, call: () => A) =>
  Effect.try({
    try: call,
    catch: (cause) => new StoreFailed({ operation, path: file, code: isBusy(cause) ? busy : reasonOf(cause) }),
  }).pipe(Effect.retry({ schedule: patience, while: ({ code }) => code === busy }))

const reasonOf = (cause: unknown): string => {
  const { errstr, message } = cause as { readonly errstr?: string; readonly message?: string }
  return errstr ?? message ?? String(cause)
}

/** A connection whose write transaction has begun; with the scope it is rolled back, unless it was committed. */
export const beginDatabase = Effect.fnUntraced(function* (file: string) {
  const disk = yield* Disk
  const fresh = !existsSync(file)
  const open = Effect.acquireRelease(
    step("open", file, () => connect(file, { create: true })),
    (connection) =>
      Effect.sync(() => {
        if (!connection.isOpen) return
        if (connection.isTransaction) connection.exec("ROLLBACK")
        connection.close()
      }),
  )
  const connection = yield* disk.work("open", file, open)
  yield* step("lock", file, () => connection.exec("BEGIN IMMEDIATE"))
  return { file, connection, fresh } satisfies OpenDatabase & { readonly fresh: boolean }
})

/** Makes the transaction, and with it everything in the journal of that id, a fact. */
export const commitDatabase = Effect.fnUntraced(function* ({ file, connection }: OpenDatabase, id: string) {
  const disk = yield* Disk
  const commit = Effect.gen(function* () {
    yield* step("write", file, () => {
      connection.exec(`CREATE TABLE IF NOT EXISTS ${marker} (id TEXT NOT NULL)`)
      connection.exec(`DELETE FROM ${marker}`)
      connection.prepare(`INSERT INTO ${marker} VALUES (?)`).run(id)
    })
    yield* step("commit", file, () => connection.exec("COMMIT"))
    connection.close()
  })
  yield* disk.work("commit", file, commit)
})

/** The transaction that was committed last; null where there has been none, or no database is left to ask. */
export const lastCommitted = Effect.fnUntraced(function* (file: string) {
  if (!existsSync(file)) return null
  return yield* step("ask", file, () => {
    const connection = connect(file, { create: false })
    try {
      const has = connection.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(marker)
      if (has === undefined) return null
      return String(connection.prepare(`SELECT id FROM ${marker}`).get()?.["id"])
    } catch (cause) {
      if (isNoDatabase(cause)) return null
      throw cause
    } finally {
      connection.close()
    }
  })
})

/** Whether nothing but our marker is left in it. */
export const isBare = (connection: DatabaseSync): boolean =>
  connection.prepare("SELECT 1 FROM sqlite_schema WHERE name NOT IN (?, 'sqlite_sequence')").get(marker) === undefined

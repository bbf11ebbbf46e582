import { Effect, Schedule } from "effect"
import { existsSync } from "node:fs"
import type { DatabaseSync } from "node:sqlite"
import { StoreFailed } from "../../services/domain/StoreError.ts"
import { databaseStamp } from "./databaseStamp.ts"
import { Disk, parentOf, type Stamp } from "./Disk.ts"
import { leadTo } from "./home.ts"
import { connect, isBusy, isNoDatabase } from "./table/connect.ts"

/**
 * The one database of a transaction. Its COMMIT is then what decides: it carries the transaction's id in a row of a table
 * of ours, by which a recovery can tell.
 */
export interface OpenDatabase {
  readonly file: string
  readonly connection: DatabaseSync
  /** There was no such file. */
  readonly fresh: boolean
  /** As it was when the transaction began. */
  readonly stamp: Stamp | null
}

const marker = "_openislands"

/** Other programs hold a database for moments only. */
const patience = Schedule.max([
  Schedule.min([Schedule.exponential("5 millis", 1.5), Schedule.spaced("100 millis")]),
  Schedule.during("10 seconds"),
])

/** A call of SQLite, again and again while another program holds the database; what it throws is told by `failure`. */
export const step = <A, E = StoreFailed>(
  operation: string,
  file: string,
  call: () => A,
  failure: (cause: unknown) => E | StoreFailed = (cause) =>
    new StoreFailed({ operation, path: file, code: reasonOf(cause) }),
) => {
  const locked = new StoreFailed({ operation, path: file, code: StoreFailed.locked })
  return Effect.try({ try: call, catch: (cause) => (isBusy(cause) ? locked : failure(cause)) }).pipe(
    Effect.retry({ schedule: patience, while: (error) => error === locked }),
  )
}

/** What SQLite says of its error, for a person. */
export const reasonOf = (cause: unknown): string => {
  const { errstr, message } = cause as { readonly errstr?: string; readonly message?: string }
  return errstr ?? message ?? String(cause)
}

/** A connection whose write transaction has begun; with the scope it is rolled back, unless it was committed. */
export const beginDatabase = Effect.fnUntraced(function* (home: string, file: string) {
  const disk = yield* Disk
  const fresh = (yield* disk.stat(file)) === null
  if (fresh) yield* leadTo(home, file)
  const connection = yield* disk.work("open", file, opened(file, { create: true, fresh }))
  if (fresh) yield* disk.fsyncDirectory(parentOf(file))
  yield* step("lock", file, () => connection.exec("BEGIN IMMEDIATE"))
  return { file, connection, fresh, stamp: yield* databaseStamp(file) } satisfies OpenDatabase
})

const opened = (file: string, { create, fresh }: { readonly create: boolean; readonly fresh: boolean }) =>
  Effect.acquireRelease(
    step("open", file, () => connect(file, { create })),
    (connection) =>
      Effect.gen(function* () {
        if (!connection.isOpen) return
        if (connection.isTransaction) connection.exec("ROLLBACK")
        connection.close()
        // Opening it made a file; with nothing in that, it is as if there were none.
        const disk = yield* Disk
        if (fresh && (yield* disk.stat(file))?.size === 0) yield* disk.unlink(file)
      }).pipe(Effect.ignore),
  )

/** Removes a database in which there is nothing but our marker; one that somebody has come upon meanwhile is theirs. */
export const removeBare = Effect.fnUntraced(function* (file: string) {
  const disk = yield* Disk
  const connection = yield* disk.work("open", file, opened(file, { create: false, fresh: false }))
  const goes = yield* step("lock", file, () => {
    // Whoever writes to a log is not told that the file has gone; and it is not us who made one.
    if (connection.prepare("PRAGMA journal_mode").get()?.["journal_mode"] === "wal") return false
    connection.exec("BEGIN IMMEDIATE")
    return isBare(connection)
  })
  // Not flushed: one without tables that is back after a power cut is as good as none.
  if (goes) yield* disk.unlink(file)
}, Effect.scoped)

/** Makes the transaction, and with it everything in the journal of that id, a fact. */
export const commitDatabase = Effect.fnUntraced(function* ({ file, connection }: OpenDatabase, id: string) {
  const disk = yield* Disk
  const commit = Effect.gen(function* () {
    yield* step("write", file, () => {
      connection.exec(`CREATE TABLE IF NOT EXISTS ${marker} (id TEXT NOT NULL); DELETE FROM ${marker}`)
      connection.prepare(`INSERT INTO ${marker} VALUES (?)`).run(id)
    }).pipe(Effect.tapError(() => Effect.sync(() => connection.close())))
    yield* step("commit", file, () => connection.exec("COMMIT")).pipe(
      // An error that comes after the fact is none.
      Effect.catch((error) =>
        Effect.sync(() => connection.close()).pipe(
          Effect.andThen(lastCommitted(file)),
          Effect.flatMap((last) => (last === id ? Effect.void : Effect.fail(error))),
        ),
      ),
    )
    // Before anybody looks at the file: the last connection to close may still write to it.
    if (connection.isOpen) connection.close()
  })
  yield* disk.work("commit", file, commit)
})

/** The transaction that was committed last; null where there has been none, or no database is left to ask. */
export const lastCommitted = (file: string) =>
  existsSync(file)
    ? step("ask", file, () => {
        try {
          const connection = connect(file, { create: false })
          try {
            if (connection.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(marker) === undefined) return null
            return String(connection.prepare(`SELECT id FROM ${marker}`).get()?.["id"])
          } finally {
            connection.close()
          }
        } catch (cause) {
          if (isNoDatabase(cause)) return null
          throw cause
        }
      })
    : Effect.succeed(null)

/** Whether nothing but our marker is left in it. */
export const isBare = (connection: DatabaseSync): boolean =>
  connection.prepare("SELECT 1 FROM sqlite_schema WHERE name NOT IN (?, 'sqlite_sequence')").get(marker) === undefined

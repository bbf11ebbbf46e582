import { Effect, Schedule, Schema, Scope, Semaphore } from "effect"
import * as path from "node:path"
import type { DatabaseSync } from "node:sqlite"
import { makeDirectory } from "../makeDirectory.ts"

/**
 * A lock is a transaction on an empty SQLite file: the kernel releases it when its holder dies, so there are no stale lock
 * files and no time-outs. Only DatabaseSyncs may touch the file: reading or copying it in this process would drop the
 * lock; so would the garbage collector, hence the module-level set. It is never deleted.
 */
const held = new Set<DatabaseSync>()
const turns = new Map<string, Semaphore.Semaphore>()

/** Alone, or beside others who share it. */
type Mode = "exclusive" | "shared"
/** A transaction that reads has the file shared from its first look at it. */
const begin: Readonly<Record<Mode, string>> = {
  exclusive: "BEGIN EXCLUSIVE",
  shared: "BEGIN; SELECT 1 FROM sqlite_schema",
}

/** Somebody has it. Who, and what they do with it, is told by whoever owns the lock's purpose. */
export class LockBusy extends Schema.TaggedError<LockBusy>()("LockBusy", { lock: Schema.String }) {
  override get message() {
    return `${this.lock} is in use`
  }
  get suggestion() {
    return "Wait until it is done, then try again."
  }
}

/** The lock file itself cannot be used: its directory is gone, read-only or full. */
export class LockFailed extends Schema.TaggedError<LockFailed>()("LockFailed", {
  file: Schema.String,
  detail: Schema.String,
}) {
  override get message() {
    return `cannot lock ${this.file}: ${this.detail}`
  }
  get suggestion() {
    return "Check the permissions and the free space of .openislands/locks; when nothing runs, the lock file can be removed."
  }
}

/** SQLITE_BUSY */
const busy = 5

/** Null when somebody has it in a way that doesn't go with this one, also in this process. */
const open = (file: string, mode: Mode): DatabaseSync | null => {
  makeDirectory(path.dirname(file), 0o700)
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite")
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    // A journal file of its own would be one more file to lose; nothing is ever written.
    database.exec(`PRAGMA journal_mode=MEMORY; ${begin[mode]}`)
  } catch (cause) {
    database.close()
    if ((cause as { readonly errcode?: number }).errcode === busy) return null
    throw cause
  }
  held.add(database)
  return database
}

const close = (database: DatabaseSync): void => {
  held.delete(database)
  database.close()
}

/** Takes the lock at once or fails; it is held as long as the scope. */
export const tryLock = Effect.fnUntraced(function* (file: string, mode: Mode = "exclusive") {
  const take = Effect.gen(function* () {
    const database = yield* Effect.try({
      try: () => open(file, mode),
      catch: (cause) => new LockFailed({ file, detail: String(cause) }),
    })
    return database ?? (yield* new LockBusy({ lock: path.basename(file, ".lock") }))
  })
  yield* Effect.acquireRelease(take, (database) => Effect.sync(() => close(database)))
})

/** In this process waiters queue up; for other processes they look again every few milliseconds. */
const polling = Schedule.min([Schedule.exponential("2 millis", 1.5), Schedule.spaced("50 millis")])

/** Of a file that is shared in this process; more than there can be. */
const most = 1_000_000

/** Waits for the lock as long as it takes, interruptibly. */
export const waitLock = Effect.fnUntraced(function* (file: string, mode: Mode = "exclusive") {
  let turn = turns.get(file)
  if (turn === undefined) turns.set(file, (turn = Semaphore.makeUnsafe(most)))
  const queue = turn
  const share = mode === "shared" ? 1 : most
  yield* Effect.acquireRelease(queue.take(share), () => queue.release(share), { interruptible: true })
  yield* tryLock(file, mode).pipe(Effect.retry({ schedule: polling, while: (error) => error._tag === "LockBusy" }))
})

/**
 * The same, in turn: whoever waits holds another lock beside it until he has this one, which those who come later wait
 * for. Readers who follow one another would else keep a writer waiting for ever.
 */
export const waitInTurn = Effect.fnUntraced(function* (file: string, mode: Mode) {
  const lifetime = yield* Effect.scope
  const turn = path.join(path.dirname(file), `${path.basename(file, ".lock")}-turn.lock`)
  yield* Effect.scoped(Effect.andThen(waitLock(turn), Scope.provide(waitLock(file, mode), lifetime)))
})

import { Effect, Schedule, Schema, Semaphore } from "effect"
import * as path from "node:path"
import type { DatabaseSync } from "node:sqlite"
import { makeDirectory } from "../makeDirectory.ts"

/**
 * A lock is an exclusive transaction on an empty SQLite file: the kernel releases it when its holder dies, so there are
 * no stale lock files and no time-outs. Only its DatabaseSync may touch the file: reading or copying it in this process
 * would drop the lock; so would the garbage collector, hence the module-level map. It is never deleted.
 */
const held = new Map<string, DatabaseSync>()
const turns = new Map<string, Semaphore.Semaphore>()

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

const open = (file: string): boolean => {
  if (held.has(file)) return false
  makeDirectory(path.dirname(file), 0o700)
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite")
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    // A journal file of its own would be one more file to lose; nothing is ever written.
    database.exec("PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE")
  } catch (cause) {
    database.close()
    if ((cause as { readonly errcode?: number }).errcode === busy) return false
    throw cause
  }
  held.set(file, database)
  return true
}

const close = (file: string): void => {
  const database = held.get(file)
  held.delete(file)
  database?.close()
}

/** Takes the lock at once or fails; it is held as long as the scope. */
export const tryLock = Effect.fnUntraced(function* (file: string) {
  const take = Effect.gen(function* () {
    const taken = yield* Effect.try({
      try: () => open(file),
      catch: (cause) => new LockFailed({ file, detail: String(cause) }),
    })
    if (taken) return
    return yield* new LockBusy({ lock: path.basename(file, ".lock") })
  })
  yield* Effect.acquireRelease(take, () => Effect.sync(() => close(file)))
})

/** In this process waiters queue up; for other processes they look again every few milliseconds. */
const polling = Schedule.min([Schedule.exponential("2 millis", 1.5), Schedule.spaced("50 millis")])

/** Waits for the lock as long as it takes, interruptibly. */
export const waitLock = Effect.fnUntraced(function* (file: string) {
  let turn = turns.get(file)
  if (turn === undefined) turns.set(file, (turn = Semaphore.makeUnsafe(1)))
  const queue = turn
  yield* Effect.acquireRelease(queue.take(1), () => queue.release(1), { interruptible: true })
  yield* tryLock(file).pipe(Effect.retry({ schedule: polling, while: (error) => error._tag === "LockBusy" }))
})

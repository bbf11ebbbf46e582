import { Effect, Option, Schema } from "effect"
import * as path from "node:path"
import { StoreCorrupt, StoreFailed } from "../../services/domain/StoreError.ts"
import { lastCommitted } from "./database.ts"
import { Disk, parentOf, sameStamp, type Stamp } from "./Disk.ts"
import { applyStep, copyInto, finishStep, partOf, revertStep } from "./steps.ts"
import { databaseOf, Plan, Stamps, tailOf } from "./plan.ts"
import { behindIn } from "./takingOut.ts"
import { orIfUnusable } from "./unusable.ts"

/**
 * The undo journal. A transaction is committed by one rename of its journal directory into the history; whatever stops
 * it before that is undone from the journal, which needs no free space. One that cuts files is decided by the stamps that
 * are written just before the first cut, and one with a database by the COMMIT of that, after which it is asked; from then
 * on they only go forward, which needs none either.
 */

const encodePlan = Schema.encodeSync(Schema.fromJsonString(Plan))
export const decodePlan = Schema.decodeUnknownOption(Schema.fromJsonString(Plan))

export const planFile = "plan.json"
const stampsFile = "stamps.json"

export interface Keeping {
  /** Hard links or copies to make before anything changes: file -> name inside `.openislands`. */
  readonly links: ReadonlyArray<{ readonly file: string; readonly as: string }>
  /** Staged files that become part of the journal: it must not need anything that somebody sweeps. */
  readonly moves: ReadonlyArray<{ readonly file: string; readonly as: string }>
  /** Small new files, and copies of extents, to make before anything changes. */
  readonly texts: ReadonlyArray<{ readonly as: string; readonly text: string }>
  readonly copies: ReadonlyArray<{
    readonly as: string
    readonly extents: ReadonlyArray<{ readonly file: string; readonly from: number; readonly to: number }>
  }>
  /** Files as they were when it was worked out what is to be done to them: nobody may have written to them since. */
  readonly unchanged: ReadonlyArray<{ readonly file: string; readonly stamp: Stamp | null }>
}

/**
 * Runs a transaction to its end; after a failure everything is as it was before. `decide` commits the database that is
 * part of it, if one is: whatever else there is to be done has been done by then, or can be done without fail. Answers
 * the stamps of its files; where it isn't finished, a recovery will do that, and asks the database once more.
 */
export const execute = Effect.fnUntraced(function* (
  home: string,
  plan: Plan,
  keeping: Keeping,
  decide: Effect.Effect<void, StoreFailed, Disk> = Effect.void,
) {
  const disk = yield* Disk
  const journal = path.join(home, "journal", plan.id)
  /** Until then the files are as somebody else left them, and so they stay. */
  let begun = false
  /** From then on the database may have been committed, whatever the error says. */
  let deciding = false
  const attempt = Effect.gen(function* () {
    yield* settleGround(home)
    const before = yield* stampsOf(home, plan)
    yield* writeJournal(home, journal, plan, keeping)
    for (const { file, stamp } of keeping.unchanged) {
      if (sameStamp(yield* disk.stat(file), stamp)) continue
      return yield* new StoreFailed({ operation: "replace", path: file, code: StoreFailed.meddled })
    }
    begun = true
    for (const step of plan.steps) yield* applyStep(home, step, plan.id)
    const after = yield* writeStamps(home, journal, plan, before)
    deciding = databaseOf(plan) !== null
    yield* decide
    return after
  })
  const takeBack = Effect.gen(function* () {
    // Where the database cannot be asked, a recovery asks it later.
    if (deciding && (yield* isDecided(home, journal, plan))) return
    yield* undoJournal(home, journal, begun ? plan : { ...plan, steps: [] })
  })
  const after = yield* attempt.pipe(Effect.onError(() => Effect.ignore(takeBack)))
  let isFinished = true
  if (cuts(plan) || databaseOf(plan) === null) {
    yield* finish(home, journal, plan).pipe(
      // What is decided can only go on; what isn't goes back.
      Effect.onError(() => (cuts(plan) ? Effect.void : undoJournal(home, journal, plan).pipe(Effect.ignore))),
    )
  } else {
    // All of it is there and durable: what is left to be done, whoever comes next does.
    yield* finish(home, journal, plan).pipe(
      Effect.catch(({ message }) => {
        isFinished = false
        return Effect.logWarning(`${plan.id} is committed, and will be finished: ${message}`)
      }),
    )
  }
  return { after, isFinished }
}, Effect.uninterruptible)

const cuts = (plan: Plan): boolean => plan.steps.some((step) => step.op === "truncate")

/** Whether a transaction whose process died is to be finished; else it is to be undone. */
export const isDecided = Effect.fnUntraced(function* (home: string, journal: string, plan: Plan) {
  const disk = yield* Disk
  const database = databaseOf(plan)
  if (database !== null) return (yield* lastCommitted(path.resolve(home, database))) === plan.id
  return cuts(plan) && (yield* disk.stat(path.join(journal, stampsFile))) !== null
})

/** What this builds on must be durable first: the last checkpoint, if its process died right after it; our directories. */
const settleGround = Effect.fnUntraced(function* (home: string) {
  const disk = yield* Disk
  const history = path.join(home, "history")
  yield* disk.fsyncDirectory(history)
  if ((yield* disk.list(history)).length > 0) return
  yield* disk.fsyncDirectory(home)
  yield* disk.fsyncDirectory(parentOf(home))
})

const writeJournal = Effect.fnUntraced(function* (home: string, journal: string, plan: Plan, keeping: Keeping) {
  const disk = yield* Disk
  const inHome = (name: string) => path.join(home, name)
  yield* disk.mkdir(journal)
  yield* disk.write(path.join(journal, "plan.tmp"), Buffer.from(encodePlan(plan)))
  yield* disk.fsync(path.join(journal, "plan.tmp"))
  // The plan names what recovery has to remove, so it comes before anything that would be left over.
  yield* disk.rename(path.join(journal, "plan.tmp"), path.join(journal, planFile))
  yield* disk.fsyncDirectory(journal)
  yield* disk.fsyncDirectory(parentOf(journal))
  const directories = new Set([journal])
  for (const { as, text } of keeping.texts) {
    yield* disk.write(inHome(as), Buffer.from(text))
    yield* disk.fsync(inHome(as))
    directories.add(parentOf(inHome(as)))
  }
  for (const { as, extents } of keeping.copies) {
    // What is there may be another name of a dataset's file.
    yield* disk.unlink(inHome(as))
    yield* disk.write(inHome(as), Buffer.alloc(0))
    let at = 0
    for (const extent of extents) {
      yield* disk.splice(path.resolve(home, extent.file), extent, inHome(as), at)
      at += extent.to - extent.from
    }
    // It may take the place of the file one day.
    const [first] = extents
    const owner = first === undefined ? null : yield* disk.owner(path.resolve(home, first.file))
    if (owner !== null) yield* disk.adopt(inHome(as), owner)
    yield* disk.fsync(inHome(as))
    directories.add(parentOf(inHome(as)))
  }
  for (const { file, as } of keeping.moves) {
    yield* disk.rename(file, inHome(as))
    directories.add(parentOf(inHome(as)))
  }
  for (const { file, as } of keeping.links) {
    yield* disk.unlink(inHome(as))
    yield* disk.link(file, inHome(as)).pipe(
      Effect.catchIf(
        ({ code }) => cannotLink.has(code),
        () => copyInto(file, inHome(as)),
      ),
    )
    directories.add(parentOf(inHome(as)))
  }
  for (const directory of directories) yield* disk.fsyncDirectory(directory)
})

/** Other devices, file systems without links, a file with too many of them, and systems that forbid linking others' files. */
const cannotLink = new Set(["EXDEV", "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"])

const stampsOf = Effect.fnUntraced(function* (home: string, plan: Plan) {
  const disk = yield* Disk
  const stamps: Record<string, Stamp | null> = {}
  for (const { path: file } of plan.steps) stamps[file] = yield* disk.stat(path.resolve(home, file))
  return stamps
})

/** The last that needs space: what the files look like once all is done. */
const writeStamps = Effect.fnUntraced(function* (
  home: string,
  journal: string,
  plan: Plan,
  before: Readonly<Record<string, Stamp | null>>,
) {
  const disk = yield* Disk
  const after = yield* stampsOf(home, plan)
  for (const step of plan.steps) {
    const now = after[step.path]
    if (step.op === "truncate" && now)
      after[step.path] = { ino: now.ino, size: step.to + tailOf(step).length, mtime: step.mtime }
  }
  const files = Object.keys(after)
  const stamps = Object.fromEntries(
    files.map((file) => [file, { before: before[file] ?? null, after: after[file] ?? null }]),
  ) satisfies Stamps
  const fresh = path.join(journal, "stamps.tmp")
  yield* disk.write(fresh, Buffer.from(JSON.stringify(stamps)))
  yield* disk.fsync(fresh)
  yield* disk.rename(fresh, path.join(journal, stampsFile))
  yield* disk.fsyncDirectory(journal)
  return after
})

/** The cuts, and the rename that is the commit. Can be repeated. */
export const finish = Effect.fnUntraced(function* (home: string, journal: string, plan: Plan) {
  const disk = yield* Disk
  const stamps = cuts(plan) ? stampsIn(yield* disk.read(path.join(journal, stampsFile))) : {}
  for (const [index, step] of plan.steps.entries()) {
    const before = stamps[step.path]?.before ?? null
    if (step.op === "truncate") yield* finishStep(home, step, before, behindIn(journal, index))
  }
  const history = path.join(home, "history")
  yield* disk.rename(journal, path.join(history, plan.id))
  yield* disk.fsyncDirectory(history)
  // From here on it is done; what is left over only takes space until the checkpoint is pruned.
  for (const file of plan.spent) yield* disk.unlink(path.join(home, file)).pipe(Effect.ignore)
})

/** Takes every step back, then forgets the journal. In whatever order: no two concern one file. Can be repeated. */
export const undoJournal = Effect.fnUntraced(function* (home: string, journal: string, plan: Plan) {
  const disk = yield* Disk
  const committed = path.join(home, "history", plan.id)
  // It is in the history, but its flush failed: whoever is told of a failure is to find that nothing has changed.
  if ((yield* disk.stat(path.join(committed, planFile))) !== null) yield* disk.rename(committed, journal)
  // Without a plan nothing had been changed.
  if ((yield* disk.stat(path.join(journal, planFile))) === null) return yield* disk.removeTree(journal)
  // That it isn't committed must be durable before anything is taken back; a rename is, with the directory it leads to.
  yield* disk.fsyncDirectory(parentOf(journal))
  yield* disk.unlink(path.join(journal, stampsFile))
  yield* disk.fsyncDirectory(journal)
  for (const [index, step] of plan.steps.entries()) yield* revertStep(home, step, plan.id, behindIn(journal, index))
  for (const file of plan.made) {
    yield* disk.unlink(path.join(home, file))
    yield* disk.unlink(partOf(path.join(home, file)))
  }
  // Nothing tells of them any more once the journal is gone. Where nothing is, somebody removed it all.
  for (const directory of new Set(plan.made.map((file) => parentOf(path.join(home, file)))))
    if ((yield* disk.list(directory)).length > 0) yield* disk.fsyncDirectory(directory)
  yield* disk.removeTree(journal)
  yield* disk.fsyncDirectory(parentOf(journal))
})

export const readPlan = Effect.fnUntraced(function* (home: string, id: string) {
  const disk = yield* Disk
  const damaged = (detail: string) =>
    new StoreCorrupt({
      file: path.join(".openislands", "history", id, planFile),
      detail,
      wayOut: `Put it right from a backup; or remove .openislands/history/${id} and what is older there: those checkpoints cannot be undone any more, the data stays.`,
    })
  const read = disk.read(path.join(home, "history", id, planFile))
  const text = yield* orIfUnusable(read, damaged)
  const plan = text === null ? null : Option.getOrNull(decodePlan(text.toString("utf8")))
  if (plan !== null && plan.id === id) return plan
  return yield* damaged(text === null ? "it is missing" : "it is not a checkpoint")
})

const decodeStamps = Schema.decodeUnknownOption(Schema.fromJsonString(Stamps))

/** What the files of a committed transaction looked like before it, and when it was done. */
export const readStamps = Effect.fnUntraced(function* (home: string, id: string) {
  const disk = yield* Disk
  const read = disk.read(path.join(home, "history", id, stampsFile))
  const text = yield* orIfUnusable(read, () => Effect.succeed(null))
  // Without them every file looks edited, which is the safe way to be wrong.
  return stampsIn(text)
})

const stampsIn = (text: Buffer | null): Stamps =>
  text === null ? {} : Option.getOrElse(decodeStamps(text.toString("utf8")), () => ({}))

import { Clock, Effect, Option } from "effect"
import * as path from "node:path"
import type { StoreCorrupt } from "../../services/domain/StoreError.ts"
import { CannotUndo, type NothingToUndo, type RolledBack, type UnknownCheckpoint } from "../../services/History.ts"
import type { RunLocks } from "../../services/RunLocks.ts"
import { demandEnded } from "./busy.ts"
import { removeBare } from "./database.ts"
import { underCommitLock } from "./commitLock.ts"
import { contractFile } from "./contracts.ts"
import { carryChecked, rememberChecked } from "./checked.ts"
import { type Attempt, withCursorLocks } from "./cursorLocks.ts"
import { Disk, type Stamp } from "./Disk.ts"
import { demandReplaceable } from "./draft.ts"
import { editedSince } from "./edits.ts"
import { execute } from "./journal.ts"
import { begunBy, type Plan, type Step, tailOf } from "./plan.ts"
import { nextId } from "./publishing.ts"
import { findTurn, foreseen, type Found, rowsTurned } from "./findTurn.ts"
import { listHistory, readHistory } from "./retention.ts"
import { digestOf } from "./steps.ts"
import { movedBy, timelineOf } from "./timeline.ts"
import { commitTables, turnTables } from "./tableTurning.ts"
import { turnFiles } from "./turning.ts"

interface Request {
  readonly home: string
  readonly checkpoint: string | null
  readonly force: boolean
  readonly locks: RunLocks["Service"]
}

/** Turns back (or forward again) everything that the checkpoint concerns, as a checkpoint of its own. */
export const rollback = (request: Request) =>
  withCursorLocks(request.locks, (held) =>
    underCommitLock(
      request.home,
      Effect.gen(function* () {
        const { plans, found } = yield* find(request)
        const { turn } = found
        yield* demandEnded(request.locks, turn)
        const needs = movedBy(turn)
        if (!needs.isSubsetOf(held)) return { done: false, needs } satisfies Attempt<RolledBack>
        const value = yield* perform(request, plans, found)
        return { done: true, value } satisfies Attempt<RolledBack>
      }),
    ),
  )

/** What a rollback would turn, as things stand. */
export const foresee = (home: string, checkpoint: string) =>
  underCommitLock(
    home,
    Effect.map(find({ home, checkpoint }), ({ found }) => foreseen(found, begunBy)),
  )

type Asked = Pick<Request, "home" | "checkpoint">

const find = Effect.fnUntraced(function* (asked: Asked) {
  const { plans, damaged } = yield* readHistory(asked.home)
  const found = yield* findTurn(plans, asked.checkpoint).pipe(
    Effect.catchTag(["NothingToUndo", "UnknownCheckpoint"], (error) => beyond(asked, damaged, error)),
  )
  return { plans, found }
})

/** What cannot be read may be what was meant, or stand between here and it. */
const beyond = Effect.fnUntraced(function* (
  { home, checkpoint }: Asked,
  damaged: ReadonlyArray<StoreCorrupt>,
  error: NothingToUndo | UnknownCheckpoint,
) {
  const newest = damaged.at(-1)
  const isThere = checkpoint === null || (yield* listHistory(home)).includes(checkpoint)
  if (newest === undefined || !isThere) return yield* error
  return yield* damaged.find(({ file }) => file.includes(`${path.sep}${checkpoint}${path.sep}`)) ?? newest
})

const perform = Effect.fnUntraced(function* (request: Request, plans: ReadonlyArray<Plan>, found: Found<Plan>) {
  const { target, turn } = found
  const { home, force } = request
  const id = yield* nextId(home)
  const edited = yield* editedSince(home, plans)
  const timeline = timelineOf(plans)
  const inForce = plans.filter((plan) => plan.toggles === null && timeline.get(plan.id) === null)
  const files = yield* turnFiles(home, id, turn, { plans, inForce, edited }, force).pipe(Effect.mapError(told(force)))
  yield* demandAllReplaceable(home, files.steps)
  const steps = yield* withDigests(home, files)
  const tables = yield* turnTables(home, id, turn, force).pipe(Effect.mapError(told(force)))
  const undone = turn.undone.map((plan) => plan.id)
  const redone = turn.redone.map((plan) => plan.id)
  const names = Object.assign({}, ...[...turn.undone, ...turn.redone].map((plan) => plan.names)) as Plan["names"]
  const plan: Plan = {
    version: 1,
    id,
    at: new Date(yield* Clock.currentTimeMillis).toISOString(),
    ...(tables === null ? {} : { database: path.relative(home, tables.database.file) }),
    cause: { type: "rollback", connector: null, runId: null, action: null },
    datasets: rowsTurned(turn),
    upserted: {},
    connectors: [...movedBy(turn)],
    names,
    formats: {},
    units: [],
    toggles: { target: target.id, undone, redone },
    steps,
    made: [...files.made, ...(tables?.made ?? [])],
    spent: [...files.spent, ...(tables?.spent ?? [])],
  }
  const keeping = { ...files.keeping, moves: [...files.keeping.moves, ...(tables?.moves ?? [])] }
  const { after, isFinished } = yield* execute(
    home,
    plan,
    keeping,
    tables === null ? Effect.void : commitTables(tables, id),
  )
  // It goes as it came; as well as may be, since its rows are gone by now.
  if (tables?.leftEmpty === true && isFinished) yield* Effect.ignore(removeBare(tables.database.file))
  // With edits of somebody's kept, what there is has yet to be held against the contract.
  if (!force) yield* rememberAll(home, names, after)
  if (!force && tables !== null) yield* carryChecked(home, tables.database)
  return { checkpoint_id: id, ...foreseen(found, begunBy) } satisfies RolledBack
}, Effect.scoped)

/** A cut that has been done is known by what it was to cut, whatever somebody has written there since. */
const withDigests = Effect.fnUntraced(function* (home: string, files: Effect.Success<ReturnType<typeof turnFiles>>) {
  const sizes = new Map(files.keeping.unchanged.map(({ file, stamp }) => [file, stamp?.size ?? 0]))
  return yield* Effect.forEach(files.steps, (step) => {
    if (step.op !== "truncate") return Effect.succeed(step)
    const file = path.resolve(home, step.path)
    const range = { from: step.to, to: sizes.get(file)! - tailOf(step).length }
    return Effect.map(digestOf([{ file, ...range }]), (cut): Step => ({ ...step, cut }))
  })
})

const demandAllReplaceable = Effect.fnUntraced(function* (home: string, steps: ReadonlyArray<Step>) {
  const disk = yield* Disk
  for (const { op, path: place } of steps) {
    const file = path.resolve(home, place)
    const owner = op === "swap" ? yield* disk.owner(file) : null
    if (owner !== null) yield* demandReplaceable(file, owner)
  }
})

/** Whoever forced it would else read the same words again. */
const told =
  (force: boolean) =>
  <E>(error: E): E | CannotUndo => {
    if (!force || !(error instanceof CannotUndo)) return error
    const { checkpoint, detail, next } = error
    const reach = "--force keeps only what was added behind the synced rows."
    return new CannotUndo({ checkpoint, detail, next: `${reach} ${next}` })
  }

/** The files are what they were under a contract that they fitted then, unless somebody edited them. */
const rememberAll = Effect.fnUntraced(function* (
  home: string,
  names: Plan["names"],
  after: Readonly<Record<string, Stamp | null>>,
) {
  const disk = yield* Disk
  for (const [file, dataset] of Object.entries(names)) {
    const stamp = after[file]
    const contract = yield* disk.read(path.join(home, contractFile(dataset))).pipe(Effect.option)
    const text = Option.getOrNull(contract)
    if (stamp && text !== null) yield* rememberChecked(home, dataset, stamp, text.toString("utf8"))
  }
})

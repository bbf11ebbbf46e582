import { Effect } from "effect"
import * as path from "node:path"
import type { Committed, Work } from "../../services/DatasetStore.ts"
import type { Run, SchemaChange, Upserted } from "../../services/domain/Run.ts"
import { CursorChanged } from "../../services/domain/StoreError.ts"
import type { Arrival } from "./arrivals.ts"
import { judgeReport, planArrival } from "./changes.ts"
import { onceUnderCommitLock } from "./commitLock.ts"
import { cursorText, readCursor } from "./cursor.ts"
import { cursorFile } from "./cursorFile.ts"
import { Disk } from "./Disk.ts"
import { Draft } from "./draft.ts"
import { hasEdits } from "./edits.ts"
import { modeOf } from "./fullSync.ts"
import { type Begun, type Lane, lookAgain } from "./opening.ts"
import { nextId, publish } from "./publishing.ts"
import { applyStep, revertStep } from "./steps.ts"
import { followStaged } from "./stagedFollower.ts"
import { type Staged, verifyStaged } from "./staged.ts"
import { withWayBack } from "./wayBack.ts"
import { type Written, writtenIn } from "./written.ts"

interface Landing {
  readonly report: Written
  readonly lane: Lane
  readonly staged: Staged
}

interface Landed {
  readonly landings: ReadonlyArray<Landing>
  readonly dropped: Record<string, number>
}

type Recording = (committed: Committed) => Run

/** All of it or nothing: rows, contracts, cursor and run record. */
export const commit = Effect.fnUntraced(function* (home: string, begun: Begun, work: Work, record: Recording) {
  const landed = yield* land(begun, work, ({ file }) => Effect.succeed(file))
  return yield* onceUnderCommitLock(home, settle(home, begun, work, landed, record))
})

/**
 * The same while whoever stages lives on, its descriptors open: what is verified and committed are copies that it cannot
 * reach. Answers also what the transaction goes on from; it needs the scope that this began in.
 */
export const checkpoint = Effect.fnUntraced(function* (home: string, begun: Begun, work: Work, record: Recording) {
  const disk = yield* Disk
  const { scope, checkpoints, staging } = begun
  const own = path.join(staging, `checkpoint-${checkpoints}`)
  yield* disk.mkdir(own)
  const landed = yield* land(begun, work, (lane) => takeAway(lane, own))
  const answer = Effect.gen(function* () {
    const committed = yield* settle(home, begun, work, landed, record)
    const cursor = yield* readCursor(home, scope.connector)
    const lanes: Array<Lane> = []
    for (const lane of begun.lanes) lanes.push({ ...lane, state: yield* lookAgain(home, lane.state) })
    return { committed, cursor, lanes }
  })
  const { committed, cursor, lanes } = yield* onceUnderCommitLock(home, answer)
  yield* Effect.ignore(disk.removeTree(own))
  const written = new Set(landed.landings.map(({ lane }) => lane.output))
  const next: Array<Lane> = []
  for (const lane of lanes) {
    if (!written.has(lane.output)) next.push(lane)
    else next.push({ ...lane, full: null, follower: yield* followStaged(lane.handle, lane.state.codec) })
  }
  return { committed, begun: { scope, cursor, lanes: next, staging, checkpoints: checkpoints + 1 } satisfies Begun }
})

/** What was staged so far, where whoever staged it cannot reach it; it goes on with an empty file. */
export const takeAway = Effect.fnUntraced(function* (lane: Lane, directory: string) {
  const disk = yield* Disk
  const copy = path.join(directory, path.basename(lane.file))
  yield* disk.copy(lane.file, copy)
  yield* disk.truncate(lane.file, 0, null)
  return copy
})

/** Verifies what was staged; `from` is the file that is believed, once nobody writes to it any more. */
const land = Effect.fnUntraced(function* <E, R>(
  begun: Begun,
  work: Work,
  from: (lane: Lane) => Effect.Effect<string, E, R>,
) {
  const disk = yield* Disk
  const laneOf = (output: string) => begun.lanes.find((one) => one.output === output)
  const { written, dropped } = yield* writtenIn(work, begun.scope, laneOf)
  const landings: Array<Landing> = []
  for (const { report, lane } of written) {
    // Once rows drift, nothing more of them is staged: this comes before the counting.
    yield* judgeReport(report, lane.state, lane.state).pipe(
      Effect.catchTag("SchemaDrift", (drift) => withWayBack(drift, report, lane.state)),
    )
    const followed = yield* lane.follower.stop
    const file = yield* from(lane)
    const verified = verifyStaged(file, lane.state.codec, report, followed)
    // Flushing takes about as long as reading it once more.
    const [staged] = yield* Effect.all([verified, disk.fsync(file)], { concurrency: "unbounded" })
    landings.push({ report, lane, staged })
  }
  return { landings, dropped } satisfies Landed
})

const settle = Effect.fnUntraced(function* (
  home: string,
  begun: Begun,
  work: Work,
  { landings, dropped }: Landed,
  record: Recording,
) {
  const { scope, cursor } = begun
  const draft = new Draft(home, yield* nextId(home))
  const schemaChanges: Array<SchemaChange> = []
  const datasets: Record<string, Run["datasets"][string]> = {}
  const upserted: Record<string, Upserted> = {}
  const arrivals: Array<Arrival> = []
  for (const { report, lane, staged } of landings) {
    if (lane.state.dataset.format === "sqlite") yield* draft.open(lane.state.dataset.file)
    const now = yield* lookAgain(home, lane.state)
    const full = { full: lane.full, connector: scope.connector }
    const mode = yield* modeOf(full, report, now, hasEdits(home, now.dataset, draft.database))
    const upserted = report.mode === "upsert"
    arrivals.push({ report: { ...report, mode }, upserted, key: lane.key, staged, seen: lane.state, now })
  }
  // Only now: rows on their way into a table may lock the whole database, so that no other could be looked at.
  for (const arrival of arrivals) {
    const planned = yield* planArrival(draft, scope.connector, arrival)
    schemaChanges.push(...planned.schemaChanges)
    const { output, mode } = arrival.report
    const { name } = arrival.now.dataset
    datasets[name] = { output, mode, rows: planned.rows }
    if (planned.upserted !== null) upserted[name] = planned.upserted
  }
  const before = yield* readCursor(home, scope.connector)
  if (before.text !== cursor.text) return yield* new CursorChanged({ connector: scope.connector })
  const state = cursorText(work.state)
  const moved = state !== (before.text ?? cursorText("{}"))
  if (moved) yield* draft.replaceText(cursorFile(scope.connector), state, before.text !== null)

  const checkpoint_id = draft.isEmpty ? null : draft.id
  const committed: Committed = { checkpoint_id, datasets, upserted, dropped, schemaChanges }
  yield* draft.note(`runs/${scope.connector}.jsonl`, `${JSON.stringify(record(committed))}\n`)
  if (draft.isEmpty) {
    // Nothing but the run's record: a line that a power cut tears is no loss of data.
    for (const step of draft.steps) {
      const revert = revertStep(home, step, draft.id, path.join(begun.staging, "behind"))
      yield* applyStep(home, step).pipe(Effect.onError(() => Effect.ignore(revert)))
    }
    return committed
  }
  const cause = { type: "sync", connector: scope.connector, runId: scope.runId, action: null } as const
  yield* publish(draft, { cause, connectors: moved ? [scope.connector] : [], retention: scope.retention })
  return committed
}, Effect.scoped)

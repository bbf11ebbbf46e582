import { Effect } from "effect"
import type { FileHandle } from "node:fs/promises"
import * as path from "node:path"
import type { Committed, TransactionScope, Work } from "../../services/DatasetStore.ts"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import type { OutputPlan } from "../../services/domain/OutputPlan.ts"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import type { Run, SchemaChange } from "../../services/domain/Run.ts"
import { CursorChanged, StagingCorrupt } from "../../services/domain/StoreError.ts"
import type { Arrival } from "./arrivals.ts"
import { judgeReport, planArrival } from "./changes.ts"
import { underCommitLock } from "./commitLock.ts"
import { cursorFile, cursorText, type Cursor, readCursor } from "./cursor.ts"
import { type DatasetState, inspectDataset, sameState } from "./datasetState.ts"
import { Disk } from "./Disk.ts"
import { Draft } from "./draft.ts"
import { hasEdits } from "./edits.ts"
import { modeOf } from "./fullSync.ts"
import { stampOf } from "./looks.ts"
import { nextId, publish } from "./publishing.ts"
import { applyStep, revertStep } from "./steps.ts"
import { followStaged, type StagedFollower } from "./stagedFollower.ts"
import { type Staged, verifyStaged } from "./staged.ts"

/** An output that goes somewhere, and the file its rows are staged in. */
interface Lane {
  readonly output: string
  readonly state: DatasetState
  readonly file: string
  readonly handle: FileHandle
  readonly follower: StagedFollower
}

export interface Begun {
  readonly scope: TransactionScope
  readonly cursor: Cursor
  readonly lanes: ReadonlyArray<Lane>
  readonly plans: ReadonlyArray<OutputPlan>
}

/** Looks at everything the transaction builds on at one moment, and opens a staging file for each dataset. */
export const begin = Effect.fnUntraced(function* (home: string, scope: TransactionScope) {
  const { cursor, states } = yield* underCommitLock(
    home,
    Effect.gen(function* () {
      const cursor = yield* readCursor(home, scope.connector)
      const states = new Map<string, DatasetState>()
      for (const { output, dataset } of scope.outputs) {
        if (dataset !== null) states.set(output, yield* inspectDataset(home, dataset))
      }
      return { cursor, states }
    }),
  )
  // After the recovery, which may need what was staged by a run that died.
  const staging = yield* stagingFor(home, scope)
  const lanes: Array<Lane> = []
  for (const [output, state] of states) {
    const file = path.join(staging, `rows-${lanes.length}`)
    const handle = yield* openStaging(file)
    lanes.push({ output, state, file, handle, follower: yield* followStaged(handle, state.codec) })
  }
  const plans = scope.outputs.map(({ output, key = null }): OutputPlan => {
    const lane = lanes.find((one) => one.output === output)
    if (lane === undefined) return planNowhere(output, key)
    const { dataset, codec, contract, columns, eol } = lane.state
    const { name, onDrift } = dataset
    return {
      output,
      dataset: name,
      fd: lane.handle.fd,
      codec,
      contract,
      eol,
      onDrift,
      key,
      afresh: scope.full != null,
      // The header of an empty CSV gives way.
      columns: contract === null && codec === "csv" ? null : columns,
    }
  })
  return { scope, cursor, lanes, plans } satisfies Begun
})

/** Of an output that no dataset is mapped to. */
export const planNowhere = (output: string, key: OutputPlan["key"]): OutputPlan => {
  const nowhere = { dataset: null, fd: null, contract: null, columns: null } as const
  return { output, ...nowhere, codec: "jsonl", eol: "\n", onDrift: "evolve", afresh: false, key }
}

/** A directory of the run's own; what earlier runs of the connector left is swept, as only one runs at a time. */
const stagingFor = Effect.fnUntraced(function* (home: string, scope: TransactionScope) {
  const disk = yield* Disk
  const ofConnector = path.join(home, "staging", scope.connector)
  const staging = path.join(ofConnector, scope.runId)
  yield* disk.removeTree(ofConnector)
  yield* Effect.acquireRelease(disk.mkdir(staging), () => disk.removeTree(ofConnector).pipe(Effect.ignore))
  return staging
})

const openStaging = (file: string) =>
  Effect.acquireRelease(
    Disk.use((disk) => disk.stage(file)),
    (handle) => Effect.promise(() => handle.close()),
  )

type Written = OutputReport & { readonly mode: "insert" | "replace" }
const isWritten = (report: OutputReport): report is Written => report.mode !== null

interface Landing {
  readonly report: Written
  readonly lane: Lane
  readonly staged: Staged
}

/** All of it or nothing: rows, contracts, cursor and run record. */
export const commit = Effect.fnUntraced(function* (
  home: string,
  begun: Begun,
  work: Work,
  record: (committed: Committed) => Run,
) {
  const disk = yield* Disk
  const written = work.outputs.filter(isWritten)
  const dropped: Record<string, number> = {}
  const landings: Array<Landing> = []
  for (const report of written) {
    const lane = begun.lanes.find((one) => one.output === report.output)
    if (lane === undefined) {
      if (!begun.plans.some(({ output }) => output === report.output)) {
        return yield* new StagingCorrupt({ output: report.output, detail: "no such output was opened" })
      }
      dropped[report.output] = report.rows
      continue
    }
    // Once rows drift, nothing more of them is staged: this comes before the counting.
    yield* judgeReport(report, lane.state, lane.state)
    const verified = verifyStaged(lane.file, lane.state.codec, report, yield* lane.follower.stop)
    // Flushing takes about as long as reading it once more.
    const [staged] = yield* Effect.all([verified, disk.fsync(lane.file)], { concurrency: "unbounded" })
    landings.push({ report, lane, staged })
  }
  return yield* underCommitLock(home, settle(home, begun, work, landings, dropped, record)).pipe(Effect.uninterruptible)
})

const settle = Effect.fnUntraced(function* (
  home: string,
  begun: Begun,
  work: Work,
  landings: ReadonlyArray<Landing>,
  dropped: Record<string, number>,
  record: (committed: Committed) => Run,
) {
  const { scope, cursor } = begun
  const draft = new Draft(home, yield* nextId(home))
  const schemaChanges: Array<SchemaChange> = []
  const datasets: Record<string, Run["datasets"][string]> = {}
  const arrivals: Array<Arrival> = []
  for (const { report, lane, staged } of landings) {
    if (lane.state.dataset.format === "sqlite") yield* draft.open(lane.state.dataset.file)
    const now = yield* lookAgain(home, lane.state)
    const mode = yield* modeOf(scope, report, now, hasEdits(home, now.dataset, draft.database))
    arrivals.push({ report: { ...report, mode }, staged, seen: lane.state, now })
  }
  // Only now: rows on their way into a table may lock the whole database, so that no other could be looked at.
  for (const arrival of arrivals) {
    schemaChanges.push(...(yield* planArrival(draft, scope.connector, arrival)))
    const { output, mode, rows } = arrival.report
    datasets[arrival.now.dataset.name] = { output, mode, rows }
  }
  const before = yield* readCursor(home, scope.connector)
  if (before.text !== cursor.text) return yield* new CursorChanged({ connector: scope.connector })
  const state = cursorText(work.state)
  const moved = state !== (before.text ?? cursorText("{}"))
  if (moved) yield* draft.replaceText(cursorFile(scope.connector), state, before.text !== null)

  const committed: Committed = { checkpoint_id: draft.isEmpty ? null : draft.id, datasets, dropped, schemaChanges }
  yield* draft.note(`runs/${scope.connector}.jsonl`, `${JSON.stringify(record(committed))}\n`)
  if (draft.isEmpty) {
    // Nothing but the run's record: a line that a power cut tears is no loss of data.
    for (const step of draft.steps) {
      yield* applyStep(home, step).pipe(Effect.onError(() => Effect.ignore(revertStep(home, step, draft.id))))
    }
    return committed
  }
  const cause = { type: "sync", connector: scope.connector, runId: scope.runId, action: null } as const
  yield* publish(draft, { cause, connectors: moved ? [scope.connector] : [], retention: scope.retention })
  return committed
}, Effect.scoped)

/** The dataset as it is under the commit lock; the costly look only when something has happened to it since. */
const lookAgain = Effect.fnUntraced(function* (home: string, seen: DatasetState) {
  const disk = yield* Disk
  const text = (yield* disk.read(path.join(home, "contracts", `${seen.dataset.name}.json`)))?.toString("utf8") ?? null
  const now = { ...seen, contractText: text, stamp: yield* stampOf(seen.dataset) }
  return sameState(seen, now) ? seen : yield* inspectDataset(home, seen.dataset satisfies SourceDataset)
})

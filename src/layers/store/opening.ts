import { Effect } from "effect"
import type { FileHandle } from "node:fs/promises"
import * as path from "node:path"
import type { FullSync, TransactionScope } from "../../services/DatasetStore.ts"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import type { OutputPlan } from "../../services/domain/OutputPlan.ts"
import { underSharedLock } from "./commitLock.ts"
import { type Cursor, readCursor } from "./cursor.ts"
import { type DatasetState, inspectDataset, sameState } from "./datasetState.ts"
import { Disk } from "./Disk.ts"
import { stampOf } from "./looks.ts"
import { followStaged, type StagedFollower } from "./stagedFollower.ts"

/** An output that goes somewhere, and the file its rows are staged in. */
export interface Lane {
  readonly output: string
  readonly key: OutputPlan["key"]
  readonly state: DatasetState
  readonly file: string
  readonly handle: FileHandle
  readonly follower: StagedFollower
  /** Of a full sync, until the output's first rows are committed. */
  readonly full: FullSync | null
}

export interface Begun {
  readonly scope: TransactionScope
  readonly cursor: Cursor
  readonly lanes: ReadonlyArray<Lane>
  /** The run's own directory. */
  readonly staging: string
  /** Checkpoints so far. */
  readonly checkpoints: number
}

/** Looks at everything the transaction builds on at one moment, and opens a staging file for each dataset. */
export const begin = Effect.fnUntraced(function* (home: string, scope: TransactionScope) {
  const { cursor, states } = yield* underSharedLock(
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
  for (const { output, key = null } of scope.outputs) {
    const state = states.get(output)
    if (state === undefined) continue
    const file = path.join(staging, `rows-${lanes.length}`)
    const handle = yield* openStaging(file)
    const follower = yield* followStaged(handle, state.codec)
    lanes.push({ output, key, state, file, handle, follower, full: scope.full ?? null })
  }
  return { scope, cursor, lanes, staging, checkpoints: 0 } satisfies Begun
})

export const plansOf = ({ scope, lanes }: Begun): ReadonlyArray<OutputPlan> =>
  scope.outputs.map(({ output, key = null }) => {
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
      afresh: lane.full !== null,
      // The header of an empty CSV gives way.
      columns: contract === null && codec === "csv" ? null : columns,
    }
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

/** The dataset as it is under the commit lock; the costly look only when something has happened to it since. */
export const lookAgain = Effect.fnUntraced(function* (home: string, seen: DatasetState) {
  const disk = yield* Disk
  const text = (yield* disk.read(path.join(home, "contracts", `${seen.dataset.name}.json`)))?.toString("utf8") ?? null
  const now = { ...seen, contractText: text, stamp: yield* stampOf(seen.dataset) }
  return sameState(seen, now) ? seen : yield* inspectDataset(home, seen.dataset satisfies SourceDataset)
})

import { Effect } from "effect"
import * as path from "node:path"
import type { ActRequest } from "../../services/DatasetStore.ts"
import type { ActionsDone } from "../../services/domain/Action.ts"
import type { Contract } from "../../services/domain/Contract.ts"
import type { DatasetEdits } from "../../services/domain/Edits.ts"
import { underCommitLock } from "./commitLock.ts"
import { type DatasetState, inspectDataset } from "./datasetState.ts"
import { Disk } from "./Disk.ts"
import { Draft } from "./draft.ts"
import { editDataset } from "./editDataset.ts"
import { changed } from "./fileReading.ts"
import { lookAgain } from "./opening.ts"
import { nextId, publish } from "./publishing.ts"

type Plan<E> = (contracts: ReadonlyMap<string, Contract | null>) => Effect.Effect<ReadonlyArray<DatasetEdits>, E>

/**
 * See `DatasetStore.act`. All of it is under the commit lock, so nothing has to be looked at twice. Whoever asked may leave
 * while it waits for that; what has begun is done.
 */
export const act = <E>(home: string, request: ActRequest, plan: Plan<E>) =>
  underCommitLock(home, perform(home, request, plan).pipe(Effect.uninterruptible))

const perform = <E>(home: string, { datasets, action, retention }: ActRequest, plan: Plan<E>) =>
  Effect.gen(function* () {
    const states = new Map<string, DatasetState>()
    for (const dataset of datasets) states.set(dataset.name, yield* inspectDataset(home, dataset))
    const edits = yield* plan(new Map([...states].map(([name, { contract }]) => [name, contract])))
    const draft = new Draft(home, yield* nextId(home))
    const staging = yield* stagingFor(home)
    const done: Record<string, ActionsDone["datasets"][string]> = {}
    for (const [index, one] of edits.entries()) {
      const state = states.get(one.dataset.name)
      if (state === undefined) return yield* Effect.die(new Error(`${one.dataset.name} was not asked for`))
      const prefix = path.join(staging, `rows-${index}`)
      done[one.dataset.name] = yield* editDataset(draft, yield* held(draft, state), one, { action, prefix })
    }
    if (draft.isEmpty) return { checkpoint_id: null, datasets: done } satisfies ActionsDone
    const cause = { type: "action", connector: null, runId: null, action } as const
    yield* publish(draft, { cause, connectors: [], retention })
    return { checkpoint_id: draft.id, datasets: done } satisfies ActionsDone
  }).pipe(Effect.scoped)

/** A database may be other programs' too: from here on it is ours alone. */
const held = Effect.fnUntraced(function* (draft: Draft, state: DatasetState) {
  const { dataset, contract } = state
  if (dataset.format !== "sqlite" || contract === null) return state
  yield* draft.open(dataset.file)
  const now = yield* lookAgain(draft.home, state)
  // What another program did to the rows is there to be edited.
  if (contractOf(now) === contractOf(state)) return now
  return yield* changed(
    dataset,
    "another program changed its columns at this moment",
    "Nothing was written. Try again.",
  )
})

const contractOf = ({ contract }: DatasetState): string => JSON.stringify(contract)

/** No connector has this name; what an action that died left is swept, as only one is under way at a time. */
const stagingFor = Effect.fnUntraced(function* (home: string) {
  const disk = yield* Disk
  const staging = path.join(home, "staging", "+actions")
  yield* disk.removeTree(staging)
  yield* Effect.acquireRelease(disk.mkdir(staging), () => disk.removeTree(staging).pipe(Effect.ignore))
  return staging
})

import { Effect, Layer } from "effect"
import {
  type BeginError,
  type Checkpointed,
  type CommitError,
  type Committed,
  DatasetStore,
  type Review,
  type TransactionScope,
  type Work,
} from "../../src/services/DatasetStore.ts"
import type { memoryRunLog } from "./memoryRunLog.ts"

interface Behaviour {
  readonly begin?: Effect.Effect<void, BeginError>
  /** Before the rows, the cursor and the record are there. */
  readonly commit?: Effect.Effect<void, CommitError>
  /** When they are, and before the answer. */
  readonly committed?: Effect.Effect<void, CommitError>
  readonly answer?: Partial<Committed>
  /** What each mid-run checkpoint in turn answers; then nothing changed. */
  readonly checkpoints?: ReadonlyArray<Effect.Effect<Partial<Committed>, CommitError>>
  /** What each review tells. */
  readonly review?: Partial<Review>
}

const nothingFound: Review = { datasets: {}, dropped: {}, schemaChanges: [], drift: null }
const nothing: Committed = { checkpoint_id: null, datasets: {}, upserted: {}, dropped: {}, schemaChanges: [] }

/** Transactions that were opened, ended and committed; a commit records its run in the log, as the real one does. */
export const memoryStore = (log: ReturnType<typeof memoryRunLog>, behaviour: Behaviour = {}) => {
  const begun: Array<TransactionScope> = []
  const commits: Array<Work> = []
  const checkpoints: Array<Work> = []
  /** The cursors that commits left. */
  const left: Array<unknown> = []
  const underWay = new Set<string>()
  const layer = Layer.mock(DatasetStore, {
    begin: Effect.fnUntraced(function* (scope) {
      begun.push(scope)
      yield* behaviour.begin ?? Effect.void
      yield* Effect.acquireRelease(
        Effect.sync(() => underWay.add(scope.runId)),
        () => Effect.sync(() => underWay.delete(scope.runId)),
      )
      return {
        outputs: [],
        state: left.at(-1) ?? { cursor: 1 },
        commit: Effect.fnUntraced(function* (work, record) {
          yield* behaviour.commit ?? Effect.void
          const committed = { ...nothing, ...behaviour.answer }
          commits.push(work)
          left.push(JSON.parse(work.state))
          log.runs.push(record(committed))
          yield* behaviour.committed ?? Effect.void
          return committed
        }),
        checkpoint: Effect.fnUntraced(function* (work, record) {
          const answer = yield* behaviour.checkpoints?.[checkpoints.length] ?? Effect.succeed({})
          const committed = { ...nothing, ...answer }
          checkpoints.push(work)
          left.push(JSON.parse(work.state))
          log.runs.push(record(committed))
          return { committed, outputs: [] } satisfies Checkpointed
        }),
        review: () => Effect.succeed({ review: { ...nothingFound, ...behaviour.review }, outputs: [] }),
      }
    }),
  })
  return { layer, begun, commits, checkpoints, underWay }
}

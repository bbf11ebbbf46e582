import { Context, Effect, Layer, Stream } from "effect"
import { DatasetStore } from "../services/DatasetStore.ts"
import { History } from "../services/History.ts"
import { RunLocks } from "../services/RunLocks.ts"
import { RunLog } from "../services/RunLog.ts"
import { act } from "./memory/acting.ts"
import { countIn, rowsOf } from "./memory/content.ts"
import { begin, type Begun, plansOf } from "./memory/opening.ts"
import { prune } from "./memory/pruning.ts"
import { review } from "./memory/review.ts"
import { lastTurned, rollback } from "./memory/rollback.ts"
import { settle } from "./memory/settling.ts"
import { checkpoint, commit } from "./memory/transaction.ts"
import { begunBy, World } from "./memory/World.ts"
import { checkpointsOf } from "./store/checkpoints.ts"
import { findTurn, foreseen } from "./store/findTurn.ts"
import { talliesOf } from "./store/tallies.ts"
import { readError } from "./store/fileReading.ts"

/**
 * Datasets, cursors and checkpoints that live as long as the layer and begin empty, whatever there is on disk: a whole
 * project can run without touching its data. Rows are judged, and checkpoints turned, by the same code as in files.
 */
export const layer = Layer.effectContext(
  Effect.gen(function* () {
    const locks = yield* RunLocks
    const runs = yield* RunLog
    const world = new World()

    const store = DatasetStore.of({
      begin: Effect.fn("DatasetStore.begin")(function* (scope) {
        const tallies = yield* talliesOf
        let begun: Begun = yield* begin(world, scope)
        return {
          outputs: plansOf(begun),
          state: scope.full ? {} : (JSON.parse(begun.cursor ?? "{}") as unknown),
          commit: (work, record) =>
            Effect.suspend(() => commit(world, runs, begun, work, record)).pipe(Effect.withSpan("DatasetStore.commit")),
          checkpoint: Effect.fn("DatasetStore.checkpoint")(function* (work, record) {
            const made = yield* checkpoint(world, runs, begun, work, record)
            begun = made.begun
            return { committed: made.committed, outputs: plansOf(begun) }
          }),
          review: Effect.fn("DatasetStore.review")(function* (work) {
            const made = yield* review(world, begun, work, tallies)
            begun = made.begun
            return { review: made.review, outputs: plansOf(begun) }
          }),
        }
      }),
      read: (dataset, part) =>
        Stream.suspend(() => {
          const content = world.datasets.get(dataset.name)
          if (content === undefined) return Stream.empty
          return Stream.fromAsyncIterable(rowsOf(content, part), (cause) => readError(dataset, cause))
        }),
      count: Effect.fn("DatasetStore.count")(function* (dataset) {
        const content = world.datasets.get(dataset.name)
        if (content === undefined) return 0
        return yield* Effect.tryPromise({ try: () => countIn(content), catch: (cause) => readError(dataset, cause) })
      }),
      settle: Effect.fn("DatasetStore.settle")(function* (dataset, types, retention) {
        return yield* settle(world, dataset, types, retention)
      }),
      act: (request, plan) => act(world, request, plan).pipe(Effect.withSpan("DatasetStore.act")),
      contract: (dataset) => Effect.sync(() => world.datasets.get(dataset.name)?.contract ?? null),
    })
    const history = History.of({
      list: Effect.sync(() => checkpointsOf(world.entries, begunBy)),
      rollback: Effect.fn("History.rollback")(function* (checkpoint) {
        return yield* rollback(world, locks, checkpoint)
      }),
      foresee: Effect.fn("History.foresee")(function* (checkpoint) {
        return foreseen(yield* findTurn(world.entries, checkpoint), begunBy)
      }),
      undoneSince: (connector, since) =>
        Effect.sync(() => {
          const at = lastTurned(world.entries).get(connector) ?? 0
          return at > since ? at : null
        }),
      undone: Effect.sync(() => lastTurned(world.entries)),
      prune: Effect.fn("History.prune")((limits) =>
        Effect.sync(() => {
          const ids = world.entries.map(({ id }) => id)
          world.entries = prune(world.entries, limits)
          return ids.slice(0, ids.length - world.entries.length)
        }),
      ),
    })
    return Context.make(DatasetStore, store).pipe(Context.add(History, history))
  }),
)

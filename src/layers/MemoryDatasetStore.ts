import { Context, Effect, Layer, Stream } from "effect"
import { DatasetStore } from "../services/DatasetStore.ts"
import { History } from "../services/History.ts"
import { RunLocks } from "../services/RunLocks.ts"
import { RunLog } from "../services/RunLog.ts"
import { CellIssue } from "./formats/decode.ts"
import { jsonlRows } from "./formats/decodedRows.ts"
import { rollback } from "./memory/rollback.ts"
import { begin, commit } from "./memory/transaction.ts"
import { World } from "./memory/World.ts"
import { checkpointsOf } from "./store/checkpoints.ts"
import { misfit, rowFailure } from "./store/rowFailure.ts"

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
        const begun = yield* begin(world, scope)
        return {
          outputs: begun.plans,
          state: JSON.parse(begun.cursor ?? "{}") as unknown,
          commit: (work, record) =>
            commit(world, runs, begun, work, record).pipe(Effect.withSpan("DatasetStore.commit")),
        }
      }),
      read: (dataset) =>
        Stream.suspend(() => {
          const content = world.datasets.get(dataset.name)
          if (content === undefined) return Stream.empty
          const chunks = content.segments.flatMap((segment) => segment.chunks)
          const rows = jsonlRows(content.contract, chunks)
          return Stream.fromAsyncIterable(rows, (cause) => rowFailure(dataset, cause)).pipe(
            Stream.mapEffect((batch) =>
              batch instanceof CellIssue ? Effect.fail(misfit(dataset, batch)) : Effect.succeed(batch),
            ),
          )
        }),
      contract: (dataset) => Effect.sync(() => world.datasets.get(dataset.name)?.contract ?? null),
    })
    const history = History.of({
      list: Effect.sync(() => checkpointsOf(world.entries)),
      rollback: Effect.fn("History.rollback")(function* (checkpoint) {
        return yield* rollback(world, locks, checkpoint)
      }),
    })
    return Context.make(DatasetStore, store).pipe(Context.add(History, history))
  }),
)

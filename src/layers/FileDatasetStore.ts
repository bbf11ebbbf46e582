import { Context, Effect, Layer, Scope, Stream } from "effect"
import { DatasetStore } from "../services/DatasetStore.ts"
import { History } from "../services/History.ts"
import { Project } from "../services/Project.ts"
import { RunLocks } from "../services/RunLocks.ts"
import { Snapshots } from "../services/Snapshots.ts"
import { act } from "./store/acting.ts"
import { listCheckpoints } from "./store/checkpoints.ts"
import { underCommitLock, underSharedLock } from "./store/commitLock.ts"
import { Disk, layer as nodeDisk } from "./store/Disk.ts"
import { ready } from "./store/home.ts"
import { countRows, readContract, readRows } from "./store/datasetRows.ts"
import { prune } from "./store/retention.ts"
import { talliesOf } from "./store/tallies.ts"
import { review } from "./store/review.ts"
import { foresee, rollback } from "./store/rollback.ts"
import { lastRollback, lastRollbacks, type Remembered } from "./store/rollbacks.ts"
import { settleTypes } from "./store/settling.ts"
import { snapshotAt, snapshotNow } from "./store/snapshots.ts"
import { begin, type Begun, plansOf } from "./store/opening.ts"
import { checkpoint, commit } from "./store/transaction.ts"

/** Datasets are the user's own files; an undo journal beside them makes transactions of what is done to them. */
export const layerNoDisk = Layer.effectContext(
  Effect.gen(function* () {
    const project = yield* Project
    const locks = yield* RunLocks
    const disk = yield* Disk
    const { home } = project.layout
    const prepared = ready(project)
    const turned = new Map<string, Remembered>()
    const on = Effect.provideService(Disk, disk)

    const store = DatasetStore.of({
      begin: Effect.fn("DatasetStore.begin")(function* (scope) {
        yield* prepared
        const lifetime = yield* Effect.scope
        const tallies = yield* talliesOf
        let begun: Begun = yield* begin(home, scope).pipe(on)
        return {
          outputs: plansOf(begun),
          state: scope.full ? {} : begun.cursor.value,
          commit: (work, record) =>
            Effect.suspend(() => commit(home, begun, work, record)).pipe(on, Effect.withSpan("DatasetStore.commit")),
          checkpoint: Effect.fn("DatasetStore.checkpoint")(function* (work, record) {
            const made = yield* checkpoint(home, begun, work, record).pipe(on, Scope.provide(lifetime))
            begun = made.begun
            return { committed: made.committed, outputs: plansOf(begun) }
          }),
          review: Effect.fn("DatasetStore.review")(function* (work) {
            const made = yield* review(home, begun, work, tallies).pipe(on)
            begun = made.begun
            return { review: made.review, outputs: plansOf(begun) }
          }),
        }
      }),
      settle: Effect.fn("DatasetStore.settle")(function* (dataset, types, retention) {
        yield* prepared
        return yield* settleTypes(home, dataset, types, retention).pipe(on)
      }),
      act: (request, plan) =>
        prepared.pipe(Effect.andThen(act(home, request, plan)), on, Effect.withSpan("DatasetStore.act")),
      read: (dataset, part) =>
        Stream.fromEffectDrain(prepared).pipe(
          Stream.concat(readRows(home, dataset, part)),
          Stream.provideService(Disk, disk),
          Stream.withSpan("DatasetStore.read"),
        ),
      count: Effect.fn("DatasetStore.count")(function* (dataset) {
        yield* prepared
        return yield* countRows(home, dataset).pipe(on)
      }),
      contract: Effect.fn("DatasetStore.contract")(function* (dataset) {
        yield* prepared
        return yield* readContract(home, dataset).pipe(on)
      }),
    })
    const history = History.of({
      list: prepared.pipe(
        Effect.andThen(underSharedLock(home, listCheckpoints(home))),
        on,
        Effect.withSpan("History.list"),
      ),
      rollback: Effect.fn("History.rollback")(function* (checkpoint, { force }) {
        yield* prepared
        return yield* rollback({ home, checkpoint, force, locks }).pipe(on)
      }),
      foresee: Effect.fn("History.foresee")(function* (checkpoint) {
        yield* prepared
        return yield* foresee(home, checkpoint).pipe(on)
      }),
      undoneSince: Effect.fn("History.undoneSince")(function* (connector, since) {
        return yield* lastRollback(home, turned, connector, since).pipe(on)
      }),
      undone: Effect.suspend(() => lastRollbacks(home, turned)).pipe(on, Effect.withSpan("History.undone")),
      prune: Effect.fn("History.prune")(function* (limits) {
        yield* prepared
        return yield* underCommitLock(home, prune(home, limits)).pipe(on)
      }),
    })
    const snapshots = Snapshots.of({
      now: (datasets, use) => prepared.pipe(Effect.andThen(snapshotNow(home, datasets, use)), on),
      at: (checkpoint, datasets, scratch, use) =>
        prepared.pipe(Effect.andThen(snapshotAt(home, checkpoint, datasets, scratch, use)), on),
    })
    return Context.make(DatasetStore, store).pipe(Context.add(History, history), Context.add(Snapshots, snapshots))
  }),
)

export const layer = layerNoDisk.pipe(Layer.provide(nodeDisk))

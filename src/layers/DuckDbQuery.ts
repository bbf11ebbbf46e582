import { Effect, Layer, Semaphore } from "effect"
import { DatasetStore } from "../services/DatasetStore.ts"
import { DatasetNotFound } from "../services/domain/DatasetNotFound.ts"
import { didYouMean } from "../services/domain/Name.ts"
import { type CheckedManifest, ManifestService } from "../services/ManifestService.ts"
import { Project } from "../services/Project.ts"
import { QueryService } from "../services/QueryService.ts"
import { Snapshots } from "../services/Snapshots.ts"

/** DuckDB in a process of its own, one for each query. Nothing of it is loaded before the first. */
export const layer = Layer.effect(
  QueryService,
  Effect.gen(function* () {
    const project = yield* Project
    const snapshots = yield* Snapshots
    const store = yield* DatasetStore
    const manifests = yield* ManifestService
    /** Whoever asks more at once waits: each may take much of the machine. */
    const turns = yield* Semaphore.make(2)
    /** By themselves: whoever wants to see what there is doesn't wait for somebody's long query. */
    const looks = yield* Semaphore.make(2)
    const session = Effect.promise(() => import("./query/session.ts"))
    const descriptions = Effect.promise(() => import("./query/descriptions.ts"))

    const datasets = Effect.gen(function* () {
      const { describeAll } = yield* descriptions
      return yield* looks.withPermits(1)(describeAll(project, store, yield* manifests.load))
    })
    return {
      query: Effect.fn("QueryService.query")(function* (sql, options) {
        const { runQuery } = yield* session
        const checked = yield* manifests.load
        return yield* turns.withPermits(1)(runQuery({ project, snapshots, checked }, sql, options))
      }),
      datasets: datasets.pipe(Effect.withSpan("QueryService.datasets")),
      describe: Effect.fn("QueryService.describe")(function* (dataset) {
        const all = yield* datasets
        const found = all.find(({ name }) => name === dataset)
        if (found !== undefined) return found
        const names = all.map(({ name }) => name)
        return yield* new DatasetNotFound({ dataset, reason: "unknown", didYouMean: didYouMean(dataset, names) })
      }),
      problems: Effect.fn("QueryService.problems")(function* (checked: CheckedManifest) {
        if (![...checked.manifest.datasets.values()].some(({ kind }) => kind === "sql")) return []
        const { sqlProblems } = yield* descriptions
        return yield* looks.withPermits(1)(sqlProblems(project, store, checked))
      }),
    }
  }),
)

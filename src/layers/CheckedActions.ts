import { Effect, Layer } from "effect"
import { type ActionCall, ActionService } from "../services/ActionService.ts"
import { DatasetStore } from "../services/DatasetStore.ts"
import type { ActionInfo } from "../services/domain/Action.ts"
import { ActionRefused, UnknownAction } from "../services/domain/ActionError.ts"
import { errorDocument } from "../services/domain/ErrorDocument.ts"
import type { ActionEntry, SourceDataset } from "../services/domain/Manifest.ts"
import { didYouMean } from "../services/domain/Name.ts"
import { type CheckedManifest, ManifestService } from "../services/ManifestService.ts"
import type { Called } from "./actions/checkCall.ts"
import { fieldsOf, infoOf } from "./actions/fields.ts"
import { planCalls, rejected } from "./actions/planning.ts"

/** Calls are checked under the store's lock, against the columns that the rows then meet. */
export const layer = Layer.effect(
  ActionService,
  Effect.gen(function* () {
    const manifests = yield* ManifestService
    const store = yield* DatasetStore

    const describe = Effect.fnUntraced(function* (action: ActionEntry, dataset: SourceDataset) {
      const { name, mode, description } = action
      const info = { name, dataset: dataset.name, mode, description }
      return yield* store.contract(dataset).pipe(
        Effect.map((contract): ActionInfo => ({
          ...info,
          fields: fieldsOf(action, contract).map(infoOf),
          error: null,
        })),
        // One dataset that cannot be read is no reason to hide the others.
        Effect.catch((error) =>
          Effect.succeed<ActionInfo>({ ...info, fields: [], error: plain(errorDocument(error)) }),
        ),
      )
    })

    return {
      list: Effect.gen(function* () {
        const { manifest } = yield* manifests.load
        const infos: Array<ActionInfo> = []
        for (const action of manifest.actions.values()) {
          const dataset = manifest.datasets.get(action.dataset)
          if (dataset?.kind === "source") infos.push(yield* describe(action, dataset))
        }
        return infos
      }).pipe(Effect.withSpan("ActionService.list")),
      run: Effect.fn("ActionService.run")(function* (calls) {
        const checked = yield* manifests.load
        const called = yield* Effect.forEach(calls, (call, index) => find(checked, call, index))
        const datasets = new Map(called.map(({ dataset }) => [dataset.name, dataset]))
        yield* demandOne(called, [...datasets.values()])
        const request = {
          datasets: [...datasets.values()],
          action: [...new Set(called.map(({ action }) => action.name))].join(", "),
          retention: checked.manifest.history,
        }
        return yield* store
          .act(request, (contracts) => planCalls(called, contracts))
          .pipe(Effect.catchTag("RowRefused", (error) => Effect.fail(rejected(called, error))))
      }),
    }
  }),
)

const plain = (document: object): ActionInfo["error"] => JSON.parse(JSON.stringify(document))

const find = Effect.fnUntraced(function* ({ manifest, actionNames }: CheckedManifest, call: ActionCall, index: number) {
  const action = manifest.actions.get(call.action)
  const dataset = action === undefined ? undefined : manifest.datasets.get(action.dataset)
  if (action !== undefined && dataset?.kind === "source") return { action, dataset, call, index } satisfies Called
  const isBroken = actionNames.includes(call.action)
  const meant = isBroken ? null : didYouMean(call.action, manifest.actions.keys())
  return yield* new UnknownAction({ action: call.action, didYouMean: meant, isBroken })
})

/** No two databases can be committed as one. */
const demandOne = Effect.fnUntraced(function* (called: ReadonlyArray<Called>, datasets: ReadonlyArray<SourceDataset>) {
  if (called.length === 0) {
    const next = 'Name an action and its rows; "openislands actions" lists them.'
    return yield* new ActionRefused({ action: null, detail: "there are no calls", next })
  }
  const databases = new Set(datasets.filter(({ format }) => format === "sqlite").map(({ file }) => file))
  if (databases.size < 2) return
  const sources = datasets.filter(({ format }) => format === "sqlite").map(({ source }) => source)
  const detail = `the calls write to two databases, ${[...new Set(sources)].join(" and ")}, which nothing can commit as one`
  return yield* new ActionRefused({ action: null, detail, next: "Send the calls for each database by themselves." })
})

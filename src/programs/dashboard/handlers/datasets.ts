import { Effect } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { DatasetStore } from "../../../services/DatasetStore.ts"
import type { DatasetEntry } from "../../../services/domain/Manifest.ts"
import { ManifestService } from "../../../services/ManifestService.ts"
import { contractOf, findSource } from "../../answers/contract.ts"
import { Api } from "../api.ts"
import { answering } from "../failure.ts"
import { type Asked, pageOf } from "../paging.ts"
import { rowsPage } from "../rowsPage.ts"

export const layer = HttpApiBuilder.group(
  Api,
  "datasets",
  Effect.fnUntraced(function* (handlers) {
    const manifests = yield* ManifestService
    const store = yield* DatasetStore

    const list = Effect.fnUntraced(function* (asked: Asked) {
      const { manifest } = yield* manifests.load
      const { items, nextCursor } = yield* pageOf([...manifest.datasets.values()], asked, ({ name }) => name)
      return { datasets: items.map(shown), nextCursor }
    })
    const find = (name: string) => Effect.flatMap(manifests.load, (checked) => findSource(checked, name))

    return handlers.handleAll({
      list: ({ query }) => answering(list(query)),
      get: ({ params }) => answering(contractOf(params.name, new Map())),
      rows: ({ params, query }) =>
        answering(Effect.flatMap(find(params.name), (dataset) => rowsPage(dataset.name, store.read(dataset), query))),
    })
  }),
)

const shown = (dataset: DatasetEntry) => {
  const { name, kind, description } = dataset
  const { source, table, format } = dataset.kind === "source" ? dataset : { source: null, table: null, format: null }
  return { name, kind, source, table, format, description }
}

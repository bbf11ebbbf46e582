import { Effect } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as path from "node:path"
import { DatasetStore } from "../../../services/DatasetStore.ts"
import type { DatasetEntry } from "../../../services/domain/Manifest.ts"
import { ManifestService } from "../../../services/ManifestService.ts"
import { Project } from "../../../services/Project.ts"
import { contractOf, findSource } from "../../answers/contract.ts"
import { Api } from "../api.ts"
import { answering } from "../failure.ts"
import { type Asked, pageOf } from "../paging.ts"
import { rowsPage } from "../rowsPage.ts"
import { sqlRows } from "../sqlRows.ts"

export const layer = HttpApiBuilder.group(
  Api,
  "datasets",
  Effect.fnUntraced(function* (handlers) {
    const manifests = yield* ManifestService
    const store = yield* DatasetStore
    const { root } = yield* Project

    const list = Effect.fnUntraced(function* (asked: Asked) {
      const { manifest } = yield* manifests.load
      const { items, nextCursor } = yield* pageOf([...manifest.datasets.values()], asked, ({ name }) => name)
      return { datasets: items.map((dataset) => shown(root, dataset)), nextCursor }
    })
    const rows = Effect.fnUntraced(function* (name: string, asked: Asked) {
      const checked = yield* manifests.load
      if (checked.manifest.datasets.get(name)?.kind === "sql") return yield* sqlRows(name, asked)
      const dataset = yield* findSource(checked, name)
      return yield* rowsPage(dataset.name, store.read(dataset), asked)
    })

    return handlers.handleAll({
      list: ({ query }) => answering(list(query)),
      get: ({ params }) => answering(contractOf(params.name, new Map())),
      rows: ({ params, query }) => answering(rows(params.name, query)),
    })
  }),
)

const shown = (root: string, dataset: DatasetEntry) => {
  const { name, kind, description } = dataset
  const { source, table, format } = dataset.kind === "source" ? dataset : { source: null, table: null, format: null }
  const sql = dataset.kind === "sql" ? path.relative(root, dataset.file) : null
  return { name, kind, source, sql, table, format, description }
}

import { Effect } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as path from "node:path"
import { DatasetStore } from "../../../services/DatasetStore.ts"
import type { DatasetEntry } from "../../../services/domain/Manifest.ts"
import { type CheckedManifest, ManifestService } from "../../../services/ManifestService.ts"
import { Project } from "../../../services/Project.ts"
import { contractOf, findSource } from "../../answers/contract.ts"
import { Api } from "../api.ts"
import { answering } from "../failure.ts"
import { type Asked, pageOf } from "../paging.ts"
import { rowsPage } from "../rowsPage.ts"
import { sqlCount, sqlRows } from "../sqlRows.ts"

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
      const found = yield* find(yield* manifests.load, name)
      if (found.kind === "sql") return yield* sqlRows(name, asked)
      return yield* rowsPage(name, (part) => store.read(found, part), asked)
    })
    const count = Effect.fnUntraced(function* (name: string) {
      const found = yield* find(yield* manifests.load, name)
      return { dataset: name, rows: yield* found.kind === "sql" ? sqlCount(name) : store.count(found) }
    })

    return handlers.handleAll({
      list: ({ query }) => answering(list(query)),
      get: ({ params }) => answering(contractOf(params.name, new Map())),
      rows: ({ params, query }) => answering(rows(params.name, query)),
      count: ({ params }) => answering(count(params.name)),
    })
  }),
)

const find = (checked: CheckedManifest, name: string) => {
  const found = checked.manifest.datasets.get(name)
  return found?.kind === "sql" ? Effect.succeed(found) : findSource(checked, name)
}

const shown = (root: string, dataset: DatasetEntry) => {
  const { name, kind, description } = dataset
  const { source, table, format } = dataset.kind === "source" ? dataset : { source: null, table: null, format: null }
  const sql = dataset.kind === "sql" ? path.relative(root, dataset.file).replaceAll(path.sep, "/") : null
  return { name, kind, source, sql, table, format, description }
}

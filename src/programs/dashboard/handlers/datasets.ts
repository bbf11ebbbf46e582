import { Effect, Stream } from "effect"
import * as path from "node:path"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { identifier } from "../../../layers/formats/parquet/duckDb.ts"
import { DatasetStore, type RowsPart } from "../../../services/DatasetStore.ts"
import type { DatasetEntry } from "../../../services/domain/Manifest.ts"
import { type CheckedManifest, ManifestService } from "../../../services/ManifestService.ts"
import { Project } from "../../../services/Project.ts"
import { QueryService } from "../../../services/QueryService.ts"
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
    const { root } = yield* Project
    const queries = yield* QueryService

    const list = Effect.fnUntraced(function* (asked: Asked) {
      const { manifest } = yield* manifests.load
      const { items, nextCursor } = yield* pageOf([...manifest.datasets.values()], asked, ({ name }) => name)
      return { datasets: items.map((one) => shown(root, one)), nextCursor }
    })
    const rows = Effect.fnUntraced(function* (name: string, asked: Asked) {
      const found = yield* find(yield* manifests.load, name)
      const read = found.kind === "sql" ? answerOf(queries, name) : (part: RowsPart) => store.read(found, part)
      return yield* rowsPage(name, read, asked)
    })
    const count = Effect.fnUntraced(function* (name: string) {
      const found = yield* find(yield* manifests.load, name)
      const rows = found.kind === "sql" ? yield* countOf(queries, name) : yield* store.count(found)
      return { dataset: name, rows }
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

type Queries = QueryService["Service"]

/** Rows of what a query answers, which is worked out anew for each part. */
const answerOf =
  (queries: Queries, name: string) =>
  ({ from, most }: RowsPart) =>
    Stream.fromEffect(
      queries.query(`SELECT * FROM ${identifier(name)} LIMIT ${most} OFFSET ${from}`, { at: null, limit: most }),
    ).pipe(Stream.map(({ rows }) => rows))

const countOf = (queries: Queries, name: string) =>
  queries
    .query(`SELECT count(*) AS rows FROM ${identifier(name)}`, { at: null, limit: 1 })
    .pipe(Effect.map(({ rows }) => Number(rows[0]?.["rows"])))

const shown = (root: string, dataset: DatasetEntry) => {
  const { name, kind, description } = dataset
  const { source, table, format } = dataset.kind === "source" ? dataset : { source: null, table: null, format: null }
  const sql = dataset.kind === "sql" ? path.relative(root, dataset.file).replaceAll(path.sep, "/") : null
  return { name, kind, source, sql, table, format, description }
}

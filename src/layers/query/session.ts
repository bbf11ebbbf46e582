import { Effect } from "effect"
import { DatasetNotFound } from "../../services/domain/DatasetNotFound.ts"
import { DatasetUnsettled, QueryFailed, QueryRefused, QueryTimeout } from "../../services/domain/QueryError.ts"
import type { Row } from "../../services/domain/Row.ts"
import type { SqlProblem } from "../../services/domain/SqlProblem.ts"
import type { CheckedManifest } from "../../services/ManifestService.ts"
import type { Project } from "../../services/Project.ts"
import type { Answer, AnswerColumn, QueryOptions } from "../../services/QueryService.ts"
import type { Snapshots, Still } from "../../services/Snapshots.ts"
import type { Contract } from "../../services/domain/Contract.ts"
import { placeIn } from "./places.ts"
import type { TableSource } from "./protocol.ts"
import { scratchIn } from "./scratch.ts"
import { type Graph, graphOf, isDeclared, type Needed } from "./sqlDatasets.ts"
import { startWorker, type Worker } from "./worker.ts"
import { unquotedWord } from "./unquotedWord.ts"
import { whyNoTable } from "./whyNoTable.ts"

const defaultRows = 1_000
const mostRows = 100_000
const mostBytes = 32 * 1024 * 1024
/** Characters of SQL. */
const longestQuery = 1_000_000
const defaultSeconds = 30

interface World {
  readonly project: Project["Service"]
  readonly snapshots: Snapshots["Service"]
  readonly checked: CheckedManifest
}

/** Everything of one query: its process, and where that sets things aside, are gone when it ends. */
export const runQuery = Effect.fnUntraced(
  function* ({ project, snapshots, checked }: World, sql: string, { at, limit }: QueryOptions) {
    yield* demandReasonable(sql, limit)
    const scratch = yield* scratchIn(project)
    const worker = yield* startWorker(scratch)
    const graph = yield* graphOf(project.root, checked, worker)
    const { parsed } = yield* worker.ask({ type: "parse", texts: [sql] }, "parsed")
    const [asked] = parsed
    if (asked?.type === "refused") return yield* new QueryRefused({ detail: asked.detail, next: asked.next })
    if (asked?.type !== "select") {
      const { at = null, detail = "it is empty", candidates = [] } = asked ?? {}
      return yield* new QueryFailed({
        ...placeIn(sql, at),
        detail,
        candidates,
        unquoted: unquotedWord(sql, { detail, at }),
      })
    }
    const names: Array<string> = []
    for (const { name } of asked.references) {
      const entry = graph.find(name)
      if (entry === null) return yield* notFound(checked, graph, name)
      names.push(entry.name)
    }
    const needed = graph.need(names)
    if (needed._tag !== "Needed") return yield* needed
    const load = Effect.fnUntraced(function* (found: ReadonlyArray<Still>) {
      const empty = found.find(({ contract }) => contract === null)
      if (empty !== undefined) return yield* unsettled(checked, empty.dataset.name, at)
      yield* loadAll(worker, graph, needed, found)
    })
    if (at === null) yield* snapshots.now(needed.sources, load)
    else yield* snapshots.at(at, needed.sources, scratch, load)
    const rows = limit ?? defaultRows
    const run = { type: "run", sql, limit: rows, bytes: mostBytes } as const
    const answered = yield* worker.ask(run, "answered", sql)
    return answerOf(answered.columns, answered.rows, answered.truncated)
  },
  Effect.scoped,
  (query, _, __, { seconds }) => within(seconds ?? defaultSeconds, query),
)

const within = <A, E, R>(seconds: number, query: Effect.Effect<A, E, R>) =>
  Effect.timeoutOrElse(query, {
    duration: `${seconds} seconds`,
    orElse: () => Effect.fail(new QueryTimeout({ seconds })),
  })

const demandReasonable = Effect.fnUntraced(function* (sql: string, limit: number | null) {
  if (limit !== null && !(Number.isInteger(limit) && limit >= 1 && limit <= mostRows)) {
    const next = `Ask for 1 to ${mostRows.toLocaleString("en-US")} rows.`
    return yield* new QueryRefused({ detail: `it cannot have ${limit} rows`, next })
  }
  if (sql.length > longestQuery) {
    const detail = `it is longer than ${longestQuery.toLocaleString("en-US")} characters`
    return yield* new QueryRefused({ detail, next: "Put data into a dataset, and read it from there." })
  }
  if (sql.includes("\0")) {
    return yield* new QueryRefused({ detail: "it holds a NUL character", next: "Write chr(0) for it." })
  }
})

const notFound = (checked: CheckedManifest, graph: Graph, dataset: string) => {
  const isBroken = isDeclared(checked, dataset)
  const meant = isBroken ? null : graph.didYouMean(dataset)
  return new DatasetNotFound({ dataset, reason: isBroken ? "broken" : "unknown", didYouMean: meant })
}

const unsettled = ({ manifest }: CheckedManifest, dataset: string, checkpoint: string | null) =>
  new DatasetUnsettled({
    dataset,
    checkpoint,
    connectors: [...manifest.connectors.values()]
      .filter(({ datasets }) => [...datasets.values()].includes(dataset))
      .map(({ name }) => name),
    actions: [...manifest.actions.values()]
      .filter((action) => action.dataset === dataset && (action.mode === "insert" || action.mode === "replace"))
      .map(({ name }) => name),
  })

/** Of datasets that have columns. */
const loadAll = Effect.fnUntraced(function* (
  worker: Worker,
  graph: Graph,
  needed: Needed,
  found: ReadonlyArray<Still>,
) {
  const tables: Array<TableSource> = []
  for (const { dataset, contract, header, eol } of found) {
    if (contract === null) continue
    const { name, format, table } = dataset
    // A CSV without a header has no rows.
    const isBare = header === null && format === "csv"
    tables.push({ name, file: isBare ? null : dataset.file, format, table, contract, header, eol })
  }
  const { views } = yield* worker.ask({ type: "load", tables, views: needed.views }, "loaded")
  for (const view of views) {
    if (view.columns === null) return yield* graph.problem(graph.queries.get(view.name)!, view)
  }
})

const answerOf = (columns: ReadonlyArray<AnswerColumn>, text: string, truncated: boolean): Answer => {
  const rows = (JSON.parse(text) as ReadonlyArray<ReadonlyArray<unknown>>).map((cells): Row =>
    Object.fromEntries(cells.map((cell, at) => [columns[at]!.name, cell])),
  )
  return { columns, rows, truncated }
}

/** Columns of each sql dataset, or what is wrong with it. Nothing is read but what says which columns there are. */
export interface Checked {
  readonly columns: ReadonlyMap<string, ReadonlyArray<AnswerColumn>>
  readonly problems: ReadonlyMap<string, SqlProblem>
}

const hasTable = (contract: Contract | null | undefined): boolean => contract != null && whyNoTable(contract) === null

/** `contracts` are those of the sources that can be read; null is an empty one. */
export const checkSqlDatasets = Effect.fnUntraced(
  function* (project: Project["Service"], checked: CheckedManifest, contracts: ReadonlyMap<string, Contract | null>) {
    const scratch = yield* scratchIn(project)
    const worker = yield* startWorker(scratch)
    const graph = yield* graphOf(project.root, checked, worker)
    const problems = new Map<string, SqlProblem>()
    const bindable: Array<string> = []
    const cycles = new Set<string>()
    for (const [name, { problem }] of graph.queries) {
      const needed = graph.need([name])
      // A dataset that is declared wrongly has a problem of its own.
      if (problem !== null) {
        if (problem._tag !== "SqlUnknownDataset" || !problem.isBroken) problems.set(name, problem)
      } else if (needed._tag === "SqlCycle" && needed.dataset === name) {
        // One that others in it share, or that others lead to, is told once.
        const members = needed.cycle.slice(1).toSorted().join(" ")
        if (!cycles.has(members)) problems.set(name, needed)
        cycles.add(members)
      } else if (needed._tag === "Needed" && needed.sources.every(({ name }) => hasTable(contracts.get(name)))) {
        bindable.push(name)
      }
    }
    const needed = graph.need(bindable)
    if (needed._tag !== "Needed") return { columns: new Map(), problems } satisfies Checked
    const tables = needed.sources.map(({ name, format, table }): TableSource => {
      return { name, file: null, format, table, contract: contracts.get(name)!, header: null, eol: "\n" }
    })
    const { views } = yield* worker.ask({ type: "load", tables, views: needed.views }, "loaded")
    const columns = new Map<string, ReadonlyArray<AnswerColumn>>()
    for (const view of views) {
      const query = graph.queries.get(view.name)!
      if (view.columns !== null) columns.set(view.name, view.columns)
      // What stands on a broken one is not itself at fault.
      else if (!query.references.some((name) => graph.queries.has(name) && !columns.has(name))) {
        problems.set(view.name, graph.problem(query, view))
      }
    }
    return { columns, problems } satisfies Checked
  },
  Effect.scoped,
  (check) => within(defaultSeconds, check),
)

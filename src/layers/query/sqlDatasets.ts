import { Effect } from "effect"
import { readFile, stat } from "node:fs/promises"
import * as path from "node:path"
import type { DatasetEntry, SourceDataset, SqlDataset } from "../../services/domain/Manifest.ts"
import { didYouMean } from "../../services/domain/Name.ts"
import {
  SqlCycle,
  SqlInvalid,
  type SqlProblem,
  SqlUnknownDataset,
  SqlUnreadable,
} from "../../services/domain/SqlProblem.ts"
import type { CheckedManifest } from "../../services/ManifestService.ts"
import { errnoOf } from "../errno.ts"
import { placeIn } from "./places.ts"
import type { Complaint, ViewSource } from "./protocol.ts"
import type { Worker } from "./worker.ts"
import { unquotedWord } from "./unquotedWord.ts"

/** What the manifest's datasets stand on. */
export interface Graph {
  readonly queries: ReadonlyMap<string, Query>
  /** Names are as the manifest has them; SQL doesn't tell upper case from lower. Null: there is no such dataset. */
  readonly find: (name: string) => DatasetEntry | null
  readonly didYouMean: (name: string) => string | null
  /** What of these datasets has to be loaded, in order; or the first problem on the way. */
  readonly need: (names: ReadonlyArray<string>) => Needed | SqlProblem
  readonly problem: (query: Query, complaint: Complaint) => SqlProblem
}

export interface Needed {
  readonly _tag: "Needed"
  readonly sources: ReadonlyArray<SourceDataset>
  readonly views: ReadonlyArray<ViewSource>
}

/** A sql dataset, and what it reads or what is wrong with it. */
interface Query {
  readonly dataset: SqlDataset
  readonly text: string
  readonly references: ReadonlyArray<string>
  readonly problem: SqlProblem | null
}

/** Reads every query of the manifest and has DuckDB's parser look at them. */
export const graphOf = Effect.fnUntraced(function* (root: string, checked: CheckedManifest, worker: Worker) {
  const { datasets } = checked.manifest
  const entries = [...datasets.values()].filter((entry) => entry.kind === "sql")
  const texts = yield* Effect.forEach(entries, ({ file }) => textOf(file))
  const readable = texts.filter((text) => typeof text === "string")
  const parsed = readable.length === 0 ? [] : (yield* worker.ask({ type: "parse", texts: readable }, "parsed")).parsed
  const find = finder(datasets)
  const meant = (name: string) => didYouMean(name, datasets.keys())
  const where = (dataset: SqlDataset, text: string, at: number | null) => {
    const place = placeIn(text, at ?? 0)
    const { path: written } = checked.locate(["datasets", dataset.name, "sql"])
    return {
      file: path.relative(root, dataset.file),
      path: written,
      dataset: dataset.name,
      line: place.line ?? 1,
      column: place.column ?? 1,
    }
  }
  const problem = ({ dataset, text }: Pick<Query, "dataset" | "text">, { detail, at, candidates }: Complaint) =>
    new SqlInvalid({
      ...where(dataset, text, at),
      detail,
      candidates,
      unquoted: unquotedWord(text, { detail, at }),
    })

  let next = 0
  const queries = new Map<string, Query>()
  for (const [index, dataset] of entries.entries()) {
    const text = texts[index]!
    if (typeof text !== "string") {
      const { code } = text
      const sql = path.relative(root, dataset.file)
      const at = checked.locate(["datasets", dataset.name, "sql"])
      const missing = new SqlUnreadable({ ...at, dataset: dataset.name, sql, code })
      queries.set(dataset.name, { dataset, text: "", references: [], problem: missing })
      continue
    }
    const found = parsed[next++]!
    if (found.type !== "select") {
      const complaint: Complaint = found.type === "invalid" ? found : { ...found, candidates: [] }
      queries.set(dataset.name, { dataset, text, references: [], problem: problem({ dataset, text }, complaint) })
      continue
    }
    const unknown = found.references.find(({ name }) => find(name) === null)
    const unknownProblem =
      unknown === undefined
        ? null
        : new SqlUnknownDataset({
            ...where(dataset, text, unknown.at),
            unknown: unknown.name,
            isBroken: isDeclared(checked, unknown.name),
            didYouMean: isDeclared(checked, unknown.name) ? null : meant(unknown.name),
          })
    const references = found.references.flatMap(({ name }) => find(name)?.name ?? [])
    queries.set(dataset.name, { dataset, text, references, problem: unknownProblem })
  }

  const need = (names: ReadonlyArray<string>): Needed | SqlProblem => {
    const sources = new Map<string, SourceDataset>()
    const views = new Map<string, ViewSource>()
    const visit = (name: string, way: ReadonlyArray<string>): SqlProblem | null => {
      const entry = datasets.get(name)!
      if (entry.kind === "source") sources.set(name, entry)
      if (entry.kind === "source" || views.has(name)) return null
      const query = queries.get(name)!
      if (way.includes(name)) {
        const cycle = [...way.slice(way.indexOf(name)), name]
        return new SqlCycle({ ...checked.locate(["datasets", name, "sql"]), dataset: name, cycle })
      }
      if (query.problem !== null) return query.problem
      for (const reference of query.references) {
        const problem = visit(reference, [...way, name])
        if (problem !== null) return problem
      }
      views.set(name, { name, sql: query.text })
      return null
    }
    for (const name of names) {
      const problem = visit(name, [])
      if (problem !== null) return problem
    }
    return { _tag: "Needed", sources: [...sources.values()], views: [...views.values()] }
  }
  return { queries, find, didYouMean: meant, need, problem } satisfies Graph
})

/** Whether the manifest has it, sound or not. */
export const isDeclared = ({ datasetNames }: CheckedManifest, name: string): boolean =>
  datasetNames.some((one) => one.toLowerCase() === name.toLowerCase())

const finder = (datasets: ReadonlyMap<string, DatasetEntry>): Graph["find"] => {
  const names = new Map([...datasets.keys()].map((name) => [name.toLowerCase(), name]))
  return (name) => datasets.get(name) ?? datasets.get(names.get(name.toLowerCase()) ?? "") ?? null
}

/** Bytes of a query. */
const longest = 4_000_000

/** What waits for a writer, as a pipe does, would keep whoever reads it for ever. */
const textOf = (file: string) =>
  Effect.tryPromise({
    try: async () => {
      const found = await stat(file)
      if (found.isDirectory()) return { code: "EISDIR" }
      if (!found.isFile()) return { code: "not a regular file" }
      if (found.size > longest) return { code: "more than 4 MB" }
      return (await readFile(file, "utf8")).replace(/^\uFEFF/, "")
    },
    catch: (cause) => ({ code: errnoOf(cause) }),
  }).pipe(Effect.catch((failure) => Effect.succeed(failure)))

import { Effect, Layer, Result } from "effect"
import { readFile } from "node:fs/promises"
import { basename } from "node:path"
import type { ManifestSyntax } from "../services/domain/ManifestProblem.ts"
import { type CheckedManifest, ManifestService, ManifestUnreadable } from "../services/ManifestService.ts"
import { Project } from "../services/Project.ts"
import { errnoOf } from "./errno.ts"
import { checkActions } from "./manifest/actions.ts"
import { problemOfDataset, problemsOf } from "./manifest/blame.ts"
import { checkConnectors } from "./manifest/connectors.ts"
import { checkDatasets } from "./manifest/datasets.ts"
import { type Document, entriesOf, parseDocument } from "./manifest/document.ts"
import { Findings } from "./manifest/findings.ts"
import { checkHistory, checkServe } from "./manifest/settings.ts"
import { checkDuplicates, checkValues } from "./manifest/structure.ts"

const reader = Effect.gen(function* () {
  const project = yield* Project
  const file = project.layout.manifest
  let last: { readonly bytes: Buffer; readonly parsed: Result.Result<Document, ManifestSyntax> } | null = null

  const read = Effect.gen(function* () {
    const bytes = yield* Effect.tryPromise({
      try: () => readFile(file),
      catch: (cause) => new ManifestUnreadable({ file: basename(file), directory: project.root, code: errnoOf(cause) }),
    })
    if (last === null || !last.bytes.equals(bytes)) last = { bytes, parsed: parseDocument(basename(file), bytes) }
    return yield* Effect.fromResult(last.parsed)
  })
  return { project, read }
})

const spanned = Effect.withSpan("ManifestService.load")

/** Reads the file anew each time. Unchanged text isn't parsed again; its paths are, for what they lead to may change. */
export const layer: Layer.Layer<ManifestService, never, Project> = Layer.effect(
  ManifestService,
  Effect.map(reader, ({ project, read }) => ({
    load: spanned(Effect.flatMap(read, (document) => check(project, document))),
  })),
)

/** The same for a program that goes on: while the file makes no sense, what it said last is what counts. */
export const lastGoodLayer: Layer.Layer<ManifestService, never, Project> = Layer.effect(
  ManifestService,
  Effect.map(reader, ({ project, read }) => {
    let good: Document | null = null
    const kept = Effect.fnUntraced(function* <E extends NonNullable<CheckedManifest["broken"]>>(broken: E) {
      return good === null ? null : { ...(yield* check(project, good)), broken }
    })
    const load = Effect.gen(function* () {
      const found = yield* Effect.result(read)
      if (Result.isFailure(found)) return (yield* kept(found.failure)) ?? (yield* found.failure)
      const checked = yield* check(project, found.success)
      const [problem] = checked.problems
      // A section that is no object takes all of its entries with it.
      const hasLostAll = problem !== undefined && checked.connectorNames.length === 0
      if (hasLostAll) return (yield* kept(problem)) ?? checked
      good = found.success
      return checked
    })
    return { load: spanned(load) }
  }),
)

const check = Effect.fnUntraced(function* (
  project: Project["Service"],
  document: Document,
): Effect.fn.Return<CheckedManifest> {
  const findings = new Findings(document)
  findings.entries(document.root)
  const top = entriesOf(document.root)
  checkDuplicates(findings, top)
  const sections = new Map(top.map((entry) => [entry.name, entry]))
  for (const key of ["connectors", "datasets", "actions", "history", "serve"]) {
    const section = sections.get(key)
    if (section !== undefined) checkValues(findings, section)
  }

  const datasets = yield* checkDatasets(findings, project, sections.get("datasets"))
  const connectors = yield* checkConnectors(findings, project, datasets, sections.get("connectors"))
  const actions = checkActions(findings, datasets, sections.get("actions"))
  const manifest = {
    connectors: connectors.sound,
    datasets: datasets.sound,
    actions: actions.sound,
    history: checkHistory(findings, sections.get("history")),
    serve: checkServe(findings, sections.get("serve")),
  }
  return {
    manifest,
    problems: findings.problems,
    problemsOf: problemsOf(document, findings.problems),
    problemOfDataset: problemOfDataset(document, findings.problems),
    warnings: findings.warnings,
    connectorNames: connectors.names,
    datasetNames: datasets.names,
    actionNames: actions.names,
    outline: { modules: connectors.modules, targets: datasets.sources },
    locate: document.locate,
  }
})

import { Clock, Context, Effect, Layer, Result } from "effect"
import { join } from "node:path"
import { BundlerService } from "../services/BundlerService.ts"
import { ConnectorCatalog, type LoadedConnector, UnknownConnector } from "../services/ConnectorCatalog.ts"
import { ConnectorHost } from "../services/ConnectorHost.ts"
import { DatasetStore } from "../services/DatasetStore.ts"
import type { ConnectorStatus } from "../services/domain/ConnectorStatus.ts"
import type { Due } from "../services/domain/Due.ts"
import { type ErrorDocument, errorDocument, type TaggedFailure } from "../services/domain/ErrorDocument.ts"
import type { ConnectorEntry } from "../services/domain/Manifest.ts"
import { didYouMean } from "../services/domain/Name.ts"
import { SecretTooShort } from "../services/domain/SecretTooShort.ts"
import { type CheckedManifest, ManifestService } from "../services/ManifestService.ts"
import { History } from "../services/History.ts"
import { Project } from "../services/Project.ts"
import { QueryService } from "../services/QueryService.ts"
import { RunLocks } from "../services/RunLocks.ts"
import { RunLog } from "../services/RunLog.ts"
import { TokenService } from "../services/TokenService.ts"
import { activityOf } from "./catalog/activity.ts"
import { declarationProblems, effectiveSchedule, unknownConfigKeys, unknownDefinitionKeys } from "./catalog/checks.ts"
import { datasetWarnings } from "./catalog/datasetWarnings.ts"
import { staleOf } from "./catalog/stale.ts"
import { stillTrue } from "./catalog/stillTrue.ts"
import { whyUnattended } from "./catalog/unattended.ts"
import { whileUnchanged } from "./catalog/unchanged.ts"
import { writtenSchedule } from "./catalog/written.ts"
import { importableBuiltins } from "./host/builtins.ts"
import { positionIn } from "./host/stack.ts"

type Module = Pick<ConnectorEntry, "module" | "directory" | "config" | "permissions">

/** Asks each connector what it is by its cached description, so that a warm answer runs no connector code. */
export const layer = Layer.effect(
  ConnectorCatalog,
  Effect.gen(function* () {
    const manifests = yield* ManifestService
    const bundler = yield* BundlerService
    const host = yield* ConnectorHost
    const tokens = yield* TokenService
    const project = yield* Project
    const { root, layout } = project
    const serveFile = join(layout.home, "serve.json")
    const runs = Context.pick(History, RunLocks, RunLog)(yield* Effect.context<History | RunLocks | RunLog>())
    const queries = yield* QueryService
    const store = yield* DatasetStore

    const describe = Effect.fnUntraced(function* (found: Module) {
      const { module, directory, config, permissions } = found
      const bundle = yield* bundler.bundle(module, directory, importableBuiltins(permissions))
      return { bundle, description: yield* host.describe(bundle, config, permissions) }
    })

    const inspect = Effect.fnUntraced(function* (checked: CheckedManifest, name: string) {
      const entry = checked.manifest.connectors.get(name)
      if (entry === undefined) {
        return { entry: null, problems: checked.problemsOf(name), loaded: null }
      }
      const { bundle, description } = yield* describe(entry)
      const definition = () => positionIn(bundle, description.site, root)
      const problems = declarationProblems(checked, entry, description, definition)
      const warnings = [
        ...unknownDefinitionKeys(description, definition),
        ...unknownConfigKeys(checked, entry, description),
      ]
      const schedule = effectiveSchedule(entry, description)
      return { entry, problems, loaded: { entry, bundle, description, schedule, warnings } satisfies LoadedConnector }
    })

    const load = Effect.fn("ConnectorCatalog.load")(function* (checked: CheckedManifest, name: string) {
      yield* demandKnown(checked, name)
      const { problems, loaded } = yield* inspect(checked, name)
      const [first] = problems
      if (first !== undefined) return yield* first
      if (loaded === null) return yield* new UnknownConnector({ connector: name, didYouMean: null })
      return loaded
    })

    const statusOf = Effect.fnUntraced(function* (checked: CheckedManifest, name: string) {
      const inspected = yield* inspect(checked, name).pipe(Effect.result)
      const found = Result.isSuccess(inspected) ? inspected.success : null
      const problems: ReadonlyArray<TaggedFailure> = Result.isSuccess(inspected)
        ? inspected.success.problems
        : [inspected.failure]
      const declaration = found?.loaded?.description.declaration ?? null
      const connection = declaration === null ? null : yield* tokens.status(name, declaration).pipe(Effect.result)
      const connected = connection !== null && Result.isSuccess(connection) ? connection.success : null
      const unable =
        connection === null ? null : Result.isFailure(connection) ? connection.failure : connection.success.error
      const entry = checked.manifest.connectors.get(name)
      const schedule = found?.loaded?.schedule ?? entry?.schedule ?? null
      const { due, past, ...activity } = yield* activityOf(name, schedule).pipe(Effect.provide(runs))
      const now = yield* Clock.currentTimeMillis
      const ready = problems.length > 0 ? broken : connected?.connected === true ? due : waiting
      const unattended = whyUnattended(ready, now, serveFile)
      const status: ConnectorStatus = {
        name,
        description: entry?.description ?? declaration?.description ?? null,
        module: entry?.module ?? null,
        auth: declaration === null ? null : (declaration.auth?.type ?? "none"),
        connected: connected?.connected ?? false,
        missingSecrets: connected?.missingSecrets ?? [],
        ...activity,
        lastError:
          unable === null
            ? stillTrue(activity.lastError, problems.length > 0 ? null : connected)
            : (errorDocument(unable) as never),
        schedule: writtenSchedule(entry, declaration),
        nextSync: ready.at === null ? null : new Date(Math.max(ready.at, now)).toISOString(),
        nextSyncReason: unattended === null ? ready.reason : `${ready.reason}; ${unattended}`,
        stale: staleOf(
          {
            schedule,
            past,
            loads: problems.length === 0,
            unattended,
            running: activity.running,
            connected: connected?.connected ?? false,
            missingSecrets: connected?.missingSecrets ?? [],
          },
          now,
        ),
        loadError: (problems[0] === undefined ? null : errorDocument(problems[0])) as never,
        datasets: Object.fromEntries(entry?.datasets ?? []),
        permissions: { read: entry?.permissions.read ?? [], net: entry?.permissions.net ?? null },
      }
      const located = (failure: TaggedFailure) => locatedDocument(checked, name, failure)
      // What the manifest itself holds against the connector is in its own list of problems.
      const errors = (found !== null && found.entry === null ? [] : problems).map(located)
      if (connection !== null && Result.isFailure(connection)) errors.push(located(connection.failure))
      const short = (connected?.shortSecrets ?? []).map(
        (key) => new SecretTooShort({ file: ".env", connector: name, key }),
      )
      const warnings = [...(found?.loaded?.warnings ?? []), ...short].map(located)
      return { status, due: ready, errors, warnings }
    })

    const inspectAll = (checked: CheckedManifest) =>
      Effect.forEach(checked.connectorNames, (name) => statusOf(checked, name), { concurrency: 8 })

    const due = yield* whileUnchanged(project, {
      load: manifests.load,
      names: ({ connectorNames }) => connectorNames,
      answer: (checked, name) => Effect.map(statusOf(checked, name), ({ due }) => due),
      // Each connector's own state tells why.
      undone: History.use((history) => history.undone).pipe(
        Effect.provide(runs),
        Effect.orElseSucceed(() => null),
      ),
    })

    return {
      load,
      due: due.answer.pipe(Effect.withSpan("ConnectorCatalog.due")),
      lookAgain: due.forget,
      descriptions: Effect.fn("ConnectorCatalog.descriptions")(function* ({ outline }) {
        return yield* Effect.forEach(
          outline.modules,
          ([connector, module]) =>
            describe(module).pipe(
              Effect.map(({ description }) => description),
              Effect.result,
              Effect.map((description) => ({ connector, description })),
            ),
          { concurrency: 8 },
        )
      }),
      statuses: manifests.load.pipe(
        Effect.flatMap(inspectAll),
        Effect.map((all) => all.map(({ status }) => status)),
        Effect.withSpan("ConnectorCatalog.statuses"),
      ),
      status: Effect.fn("ConnectorCatalog.status")(function* (name) {
        const checked = yield* manifests.load
        yield* demandKnown(checked, name)
        return (yield* statusOf(checked, name)).status
      }),
      validate: Effect.gen(function* () {
        const checked = yield* manifests.load
        const all = yield* inspectAll(checked)
        const sql = yield* queries.problems(checked).pipe(
          Effect.map((problems) => problems.map(errorDocument)),
          // That they cannot be looked at says nothing of all the rest.
          Effect.catch((failure) => Effect.succeed([{ ...nowhere, ...errorDocument(failure) }])),
        )
        const broken = checked.broken === undefined ? [] : [{ ...nowhere, ...errorDocument(checked.broken) }]
        const own = [...broken, ...checked.problems.map(errorDocument), ...sql]
        const errors = [...own, ...all.flatMap((one) => one.errors)]
        const warnings = [
          ...checked.warnings.map(errorDocument),
          ...(yield* datasetWarnings(store, checked)),
          ...all.flatMap((one) => one.warnings),
        ]
        return { ok: errors.length === 0, errors, warnings, connectors: all.map(({ status }) => status) }
      }).pipe(
        Effect.catch((failure) => {
          const document = errorDocument(failure)
          return Effect.succeed({ ok: false, errors: [{ ...nowhere, ...document }], warnings: [], connectors: [] })
        }),
        Effect.withSpan("ConnectorCatalog.validate"),
      ),
    }
  }),
)

/** Of the manifest as a whole. */
const nowhere = { file: "manifest.json", path: "", line: null, column: null }

const broken: Due = { at: null, reason: "not before it loads" }
const waiting: Due = { at: null, reason: "not before it is connected" }
const demandKnown = ({ connectorNames }: CheckedManifest, connector: string) =>
  connectorNames.includes(connector)
    ? Effect.void
    : Effect.fail(new UnknownConnector({ connector, didYouMean: didYouMean(connector, connectorNames) }))

/** A failure of the module shows the place in its source, or else the manifest's line that names the module. */
const locatedDocument = (checked: CheckedManifest, name: string, failure: TaggedFailure): ErrorDocument => {
  const document = errorDocument(failure)
  if (typeof document["path"] === "string" && document["line"] !== undefined) return document
  const position = checked.locate(["connectors", name, "module"])
  // Of another file altogether (.env), as a whole.
  if (typeof document["file"] === "string" && document["line"] === undefined) {
    return { ...document, path: position.path, line: null, column: null }
  }
  const inSource = typeof document["file"] === "string" && document["line"] !== null
  return inSource ? { ...document, path: position.path } : { ...document, ...position }
}

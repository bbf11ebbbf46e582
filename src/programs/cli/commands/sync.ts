import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import { ConnectorCatalog } from "../../../services/ConnectorCatalog.ts"
import type { Run } from "../../../services/domain/Run.ts"
import { type SyncEvent, type SyncOptions, SyncService } from "../../../services/SyncService.ts"
import { demandConnectors } from "../../answers/connectorNames.ts"
import { keepAuthorTypes, keepEditorFiles } from "../editorFiles.ts"
import { Finished, UsageError } from "../failure.ts"
import { print, printJson, wantsJson } from "../output.ts"
import { progress } from "../progress.ts"
import { projectFlag, resolveTarget, targets } from "../target.ts"

const full = Flag.Boolean("full").pipe(
  Flag.withDescription("Start over: forget the cursor, and replace what the connector inserted before"),
  Flag.withDefault(false),
)

const force = Flag.Boolean("force").pipe(
  Flag.withDescription("With --full: replace rows that others wrote to the same datasets as well"),
  Flag.withDefault(false),
)

export const sync = Command.make(
  "sync",
  { targets: targets("connector"), project: projectFlag, full, force },
  Effect.fn("cli.sync")(function* ({ targets, project, full, force }) {
    if (force && !full) {
      return yield* new UsageError(
        "--force only goes with --full",
        "Without --full nothing that is there is replaced, so there is nothing to force.",
      )
    }
    const { directory, rest } = yield* resolveTarget(targets, project, 1)
    const runs = yield* synced(rest[0] ?? null, full ? { force } : null).pipe(Effect.provide(coreAt(directory)))
    // People have read each result when it was there.
    if (runs.length === 0 && !wantsJson())
      yield* print('no connectors: declare one under "connectors" in manifest.json')
    const failed = runs.some(({ outcome }) => outcome !== "success" && (outcome !== "skipped" || rest.length > 0))
    if (failed) return yield* new Finished({ code: 1 })
  }),
).pipe(
  Command.withDescription("Pull every connector once, or the one named; what a sync wrote can be undone with rollback"),
  Command.withExamples([
    { command: "openislands sync", description: "Pull every connector of the current directory's project" },
    { command: "openislands sync my-data weather", description: "Pull one connector of another project" },
    { command: "openislands sync weather --full", description: "Pull all of it again, from the beginning" },
  ]),
)

const synced = Effect.fnUntraced(function* (connector: string | null, full: SyncOptions["full"]) {
  if (connector === null) yield* demandConnectors
  const ended: Array<Run> = []
  const show = yield* progress
  const onEvent = (event: SyncEvent): void => {
    if (event.type === "finished") ended.push(event.run)
    show(event)
  }
  const options = { trigger: "cli", full, onEvent } as const
  const syncs =
    connector === null
      ? SyncService.use((service) => service.syncAll(options))
      : SyncService.use((service) => service.sync(connector, options)).pipe(Effect.map((run) => [run]))
  const runs = yield* keepAuthorTypes.pipe(
    Effect.andThen(syncs),
    // Each run has ended by then, those that were interrupted as well.
    Effect.onInterrupt(() => tell(ended)),
  )
  yield* tell(runs)
  // Afterwards: it asks every connector what it is, also those that were not to run.
  yield* keepEditorFiles
  return runs
}, Effect.scoped)

/** Runs that ended are told, even if the manifest is gone by now, or a connector's code hangs when it is asked. */
const tell = Effect.fnUntraced(function* (runs: ReadonlyArray<Run>) {
  if (!wantsJson()) return
  const connectors = yield* ConnectorCatalog.use((catalog) => catalog.statuses).pipe(
    Effect.interruptible,
    Effect.timeout("5 seconds"),
    Effect.orElseSucceed(() => []),
    Effect.onInterrupt(() => printJson({ runs, connectors: [] })),
  )
  yield* printJson({ runs, connectors })
})

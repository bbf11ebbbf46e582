import { Effect } from "effect"
import { Command } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import { ConnectorCatalog } from "../../../services/ConnectorCatalog.ts"
import { SyncService } from "../../../services/SyncService.ts"
import { keepAuthorTypes } from "../authorTypes.ts"
import { Finished } from "../failure.ts"
import { print, printJson, wantsJson } from "../output.ts"
import { progress } from "../progress.ts"
import { projectFlag, resolveTarget, targets } from "../target.ts"

export const sync = Command.make(
  "sync",
  { targets: targets("connector"), project: projectFlag },
  Effect.fn("cli.sync")(function* ({ targets, project }) {
    const { directory, rest } = yield* resolveTarget(targets, project, 1)
    const { runs, connectors } = yield* synced(rest[0] ?? null).pipe(Effect.provide(coreAt(directory)))
    // People have read each result when it was there.
    if (wantsJson()) yield* printJson({ runs, connectors })
    else if (runs.length === 0) yield* print('no connectors: declare one under "connectors" in manifest.json')
    const failed = runs.some(({ outcome }) => outcome !== "success" && (outcome !== "skipped" || rest.length > 0))
    if (failed) return yield* new Finished({ code: 1 })
  }),
).pipe(
  Command.withDescription("Pull every connector once, or the one named; what a sync wrote can be undone with rollback"),
)

const synced = Effect.fnUntraced(function* (connector: string | null) {
  yield* keepAuthorTypes
  const options = { trigger: "cli", onEvent: yield* progress } as const
  const runs =
    connector === null
      ? yield* SyncService.use((service) => service.syncAll(options))
      : [yield* SyncService.use((service) => service.sync(connector, options))]
  // Runs that ended are told, even if the manifest is gone by now.
  const statuses = ConnectorCatalog.use((catalog) => catalog.statuses).pipe(Effect.orElseSucceed(() => []))
  return { runs, connectors: wantsJson() ? yield* statuses : [] }
}, Effect.scoped)

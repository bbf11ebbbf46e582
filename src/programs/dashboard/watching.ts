import { Effect, Queue, Schedule } from "effect"
import { relative, sep } from "node:path"
import { RunTail } from "../../layers/runs/RunTail.ts"
import { ConnectorCatalog } from "../../services/ConnectorCatalog.ts"
import { errorDocument, placedMessage } from "../../services/domain/ErrorDocument.ts"
import { Events } from "../../services/Events.ts"
import { ManifestService } from "../../services/ManifestService.ts"
import { Project } from "../../services/Project.ts"
import { type Change, ProjectChanges } from "../../services/ProjectChanges.ts"
import { Scheduler } from "../../services/Scheduler.ts"
import { lasting } from "./lasting.ts"

/** Files that an event names; whoever wants more looks anew anyway. */
const mostFiles = 100

const watchOnce = Effect.gen(function* () {
  const { root, layout } = yield* Project
  const events = yield* Events
  const catalog = yield* ConnectorCatalog
  const changes = yield* ProjectChanges
  const scheduler = yield* Scheduler
  const reloads = yield* Queue.sliding<void>(1)
  const tail = new RunTail(layout, events)
  let isReloading = true

  const onChange = ({ parts, files }: Change): void => {
    if (parts.has("runs")) tail.see(files)
    const told = [...parts].filter((part) => part !== "runs")
    if (told.length > 0) events.publish({ type: "changed", parts: told, files: shown(root, layout.home, files) })
    if (told.some((part) => part !== "datasets" && part !== "history")) isReloading = true
    // A run that logs much is no reason to look at every connector all the time.
    if (told.some((part) => part !== "datasets") || [...files].some((file) => file.endsWith(".jsonl"))) {
      Queue.offerUnsafe(reloads, undefined)
    }
  }

  const reload = Effect.gen(function* () {
    if (isReloading) {
      isReloading = false
      yield* catalog.lookAgain
      yield* tellBroken
    }
    yield* scheduler.wake
    // It bundles what has changed, and bundles say which files count from now on. What fails is the scheduler's to tell.
    yield* Effect.exit(catalog.due)
    yield* changes.look
  })
  const reloading = Effect.forever(Effect.andThen(reload, Queue.take(reloads)))
  const following = Effect.sync(() => tail.isFollowing && tail.look()).pipe(Effect.repeat(Schedule.spaced("1 second")))

  return yield* Effect.all([changes.watch(onChange), reloading, following], {
    concurrency: "unbounded",
    discard: true,
  })
})

/** Tells listeners and the scheduler what others do to the project. */
export const watching = lasting("watching the project", watchOnce)

const tellBroken = ManifestService.use((manifests) => manifests.load).pipe(
  Effect.flatMap(({ broken }) => {
    if (broken === undefined) return Effect.void
    return Effect.logWarning(
      `${placedMessage(errorDocument(broken))}; what the manifest said before counts until that is mended`,
    )
  }),
  // There never was a good one: that is what everybody who asks is answered.
  Effect.ignore,
)

/** From the root, with slashes; what is ours stays with us. */
const shown = (root: string, home: string, files: ReadonlySet<string>): ReadonlyArray<string> =>
  [...files]
    .filter((file) => !file.startsWith(home + sep))
    .slice(0, mostFiles)
    .map((file) => relative(root, file).replaceAll(sep, "/"))

import { Effect, Layer, Queue } from "effect"
import { join } from "node:path"
import { ManifestService } from "../services/ManifestService.ts"
import { Project } from "../services/Project.ts"
import { type Part, ProjectChanges } from "../services/ProjectChanges.ts"
import { bundledInputs } from "./bundler/cache.ts"
import { Directories } from "./watching/Directories.ts"
import { hasEvents } from "./watching/hasEvents.ts"
import { Places } from "./watching/Places.ts"

/** An editor saves in several steps, and a commit writes several files: that is one change. */
const settling = "100 millis"
/** Where the files are is looked up anew: nothing tells of a file that a bundle has just begun to import. */
const atLeastEvery = "1 minute"

/** Watches by the system's events, and by looking each second where there are none. */
export const layer = Layer.effect(
  ProjectChanges,
  Effect.gen(function* () {
    const project = yield* Project
    const manifests = yield* ManifestService
    const wakes = yield* Queue.sliding<void>(1)
    const wake = (): void => void Queue.offerUnsafe(wakes, undefined)

    // A manifest that is broken from the start names nothing; one that breaks keeps what it named.
    const checked = manifests.load.pipe(Effect.catch(() => Effect.succeed(null)))
    const placesNow = Effect.map(
      checked,
      (checked) => new Places(project, checked, bundledInputs(join(project.layout.cache, "bundles"))),
    )

    const watch: ProjectChanges["Service"]["watch"] = Effect.fnUntraced(function* (onChange) {
      let places = yield* placesNow
      let parts = new Set<Part>()
      let files = new Set<string>()
      const polls = !(yield* hasEvents(project.layout.home))
      const directories = yield* Effect.acquireRelease(
        Effect.sync(
          () =>
            new Directories({
              polls,
              concerns: (directory, name) => places.partsOf(directory, name).length > 0,
              onChange: (directory, name) => {
                const concerned = places.partsOf(directory, name)
                if (concerned.length === 0) return
                for (const part of concerned) parts.add(part)
                files.add(name === null ? directory : join(directory, name))
                wake()
              },
            }),
        ),
        (directories) => Effect.sync(() => directories.close()),
      )
      for (;;) {
        directories.set(places.directories)
        yield* Effect.raceFirst(Queue.take(wakes), Effect.sleep(atLeastEvery))
        if (parts.size > 0) yield* Effect.sleep(settling)
        const change = { parts, files }
        parts = new Set()
        files = new Set()
        // Run after run, nothing else comes or goes.
        if (change.parts.size !== 1 || !change.parts.has("runs")) places = yield* placesNow
        if (change.parts.size > 0) onChange(change)
      }
    }, Effect.scoped)

    return { watch, look: Effect.sync(wake) }
  }),
)

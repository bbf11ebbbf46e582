import { Effect, Layer, Semaphore } from "effect"
import * as path from "node:path"
import { BundlerService } from "../services/BundlerService.ts"
import { Project } from "../services/Project.ts"
import { cachedBundle, storeBundle } from "./bundler/cache.ts"
import { compile } from "./bundler/compile.ts"
import { findEntry } from "./bundler/entry.ts"
import { ensureRenewable } from "./renewable.ts"
import { versions } from "./versions.ts"

/** Bundles by esbuild on demand; a file on disk per connector says which inputs the last bundle was made of. */
export const layer = Layer.effect(
  BundlerService,
  Effect.gen(function* () {
    const project = yield* Project
    // One bundle at a time: two instances may share a directory, and esbuild uses every core by itself.
    const home = path.join(project.layout.cache, "bundles")
    const turn = yield* Semaphore.make(1)

    const bundle = Effect.fn("BundlerService.bundle")(function* (
      module: string,
      directory: string,
      builtins: ReadonlyArray<string>,
    ) {
      const entry = yield* findEntry(module, directory)
      const of = { module, entry: path.relative(project.root, entry) }
      const key = { versions, directory, builtins: [...builtins] }
      const remake = Effect.gen(function* () {
        const started = Date.now()
        const compiled = yield* compile({ module, entry, root: project.root, builtins })
        yield* ensureRenewable(project, "cache/bundles")
        return yield* storeBundle(home, key, of, compiled, started)
      })
      const cached = cachedBundle(home, key, of)
      if (cached !== null) return cached
      // Whoever had the turn before may have made the same.
      return yield* turn.withPermits(1)(
        Effect.suspend(() => Effect.succeed(cachedBundle(home, key, of))).pipe(
          Effect.flatMap((made) => (made === null ? remake : Effect.succeed(made))),
        ),
      )
    })
    return { bundle }
  }),
)

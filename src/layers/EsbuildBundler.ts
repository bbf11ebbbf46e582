import { Effect, Layer, Semaphore } from "effect"
import { BundlerService } from "../services/BundlerService.ts"
import { Project } from "../services/Project.ts"
import { cachedBundle, readFingerprint, storeBundle } from "./bundler/cache.ts"
import { compile } from "./bundler/compile.ts"
import { findEntry, loadError } from "./bundler/entry.ts"
import { versions } from "./versions.ts"

/** Bundles by esbuild on demand; a file on disk per connector says which inputs the last bundle was made of. */
export const layer = Layer.effect(
  BundlerService,
  Effect.gen(function* () {
    const project = yield* Project
    // One bundle at a time: two instances may share a directory, and esbuild uses every core by itself.
    const turn = yield* Semaphore.make(1)

    const bundle = Effect.fn("BundlerService.bundle")(function* (
      module: string,
      directory: string,
      builtins: ReadonlyArray<string>,
    ) {
      const entry = yield* findEntry(module, directory)
      const home = yield* project.ensure("cache/bundles")
      const key = { versions, directory, builtins: [...builtins] }
      const cached = yield* cachedBundle(home, key, module)
      if (cached !== null) return cached
      const compiled = yield* compile({ module, entry, root: project.root, builtins })
      const fingerprint = yield* readFingerprint(project.root, compiled.inputs).pipe(
        Effect.mapError((error) => loadError(module, "unreadable", `${error.path} (${error.code})`)),
      )
      return yield* storeBundle(home, key, module, compiled, fingerprint)
    })
    return {
      bundle: (module, directory, builtins) => turn.withPermits(1)(bundle(module, directory, builtins)),
    }
  }),
)

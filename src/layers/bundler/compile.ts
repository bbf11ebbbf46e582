import { Effect } from "effect"
import type { BuildFailure, Message, Plugin } from "esbuild"
import * as path from "node:path"
import { LoadError } from "../../services/domain/LoadError.ts"
import { withEsbuild } from "../esbuildProcess.ts"
import { isZod, kitEntry, packageRoot, zodDirectory } from "../packageRoot.ts"
import { loadError } from "./entry.ts"

export interface Compiled {
  readonly text: string
  readonly map: string
  /** Absolute paths of the user's files that went in, real ones. */
  readonly inputs: ReadonlyArray<string>
}

interface Source {
  readonly module: string
  readonly entry: string
  readonly root: string
  readonly builtins: ReadonlyArray<string>
}

/** One self-contained ESM file of a connector, its own files, zod and the kit. */
export const compile = Effect.fnUntraced(function* (source: Source) {
  const { module, entry, root } = source
  const ours = ourDirectories()
  const result = yield* Effect.tryPromise({
    try: () =>
      withEsbuild(({ build }) =>
        build({
          entryPoints: [entry],
          absWorkingDir: root,
          outfile: path.join(root, "bundle.mjs"),
          write: false,
          bundle: true,
          format: "esm",
          platform: "node",
          target: "node24",
          charset: "utf8",
          sourcemap: "external",
          sourcesContent: false,
          metafile: true,
          logLevel: "silent",
          // The user's tsconfig is for their editor; what runs must not depend on it.
          tsconfigRaw: { compilerOptions: { target: "ES2024", verbatimModuleSyntax: false } },
          plugins: [fence(source, ours)],
        }),
      ),
    catch: (cause) => compileError(module, root, cause),
  })
  const bundle = result.outputFiles.find((file) => file.path.endsWith(".mjs"))
  const map = result.outputFiles.find((file) => file.path.endsWith(".map"))
  const exports = Object.values(result.metafile.outputs).flatMap((output) => output.exports)
  if (!exports.includes("default")) {
    const file = path.relative(root, entry)
    return yield* new LoadError({
      module,
      reason: "no-default-export",
      detail: "it has no default export",
      file,
      line: 1,
      column: 1,
    })
  }
  const inputs = Object.keys(result.metafile.inputs)
    .map((input) => path.resolve(root, input))
    .filter((input) => !isWithin(ours, input))
  return { text: bundle?.text ?? "", map: map?.text ?? "", inputs } satisfies Compiled
})

/** Our own copies of zod and the kit; an example project inside our checkout is still the user's. */
const ourDirectories = (): ReadonlyArray<string> => [zodDirectory(), path.dirname(kitEntry)]
const isWithin = (directories: ReadonlyArray<string>, file: string): boolean =>
  directories.some((directory) => file.startsWith(directory + path.sep))

/** Lets a connector import its own project's files, zod, the kit and harmless builtins, and nothing else. */
const fence = ({ root, builtins }: Source, ours: ReadonlyArray<string>): Plugin => ({
  name: "fence",
  setup(build) {
    const allowed = new Set(builtins)
    build.onResolve({ filter: /.*/ }, async (request) => {
      if (request.pluginData === passed) return undefined
      // A path alone: what a package.json above says ("type", "sideEffects") must not decide what runs.
      if (request.kind === "entry-point") return { path: request.path }
      const resolveFrom = (resolveDir: string) =>
        build.resolve(request.path, { kind: request.kind, importer: request.importer, resolveDir, pluginData: passed })

      if (request.importer !== "" && isWithin(ours, request.importer)) return undefined
      if (request.path === "@openislands/connector-kit") return { path: kitEntry }
      if (isZod(request.path)) return resolveFrom(packageRoot)
      if (allowed.has(request.path.replace(/^node:/, ""))) {
        return { path: `node:${request.path.replace(/^node:/, "")}`, external: true }
      }
      if (!/^\.{0,2}\//.test(request.path) && request.path !== "." && request.path !== "..") {
        return refuse(`"${request.path}" cannot be imported by a connector`)
      }
      const resolved = await resolveFrom(request.resolveDir)
      if (resolved.errors.length > 0) return resolved
      const inside = path.relative(root, resolved.path)
      const escapes = inside.startsWith("..") || path.isAbsolute(inside)
      if (escapes || /^(\.openislands|\.env)/i.test(inside) || /(^|[\\/])node_modules[\\/]/.test(inside)) {
        return refuse(`"${request.path}" is not one of the project's own files`)
      }
      return { path: resolved.path }
    })
  },
})
const refuse = (text: string) => ({ errors: [{ text, detail: "forbidden-import" }] })

/** Marks resolutions that the fence itself asks for, so that it doesn't ask itself. */
const passed = Symbol("passed")

const compileError = (module: string, root: string, cause: unknown): LoadError => {
  const first: Message | undefined = (cause as Partial<BuildFailure>).errors?.[0]
  if (first === undefined) return loadError(module, "syntax", cause instanceof Error ? cause.message : String(cause))
  const place = first.location
  return new LoadError({
    module,
    reason: first.detail === "forbidden-import" ? "forbidden-import" : "syntax",
    detail: named(first.text, root),
    file: place === null ? null : path.relative(root, path.resolve(root, place.file)),
    line: place?.line ?? null,
    column: place === null ? null : place.column + 1,
  })
}

/** Of our own copies, where they lie says nothing to who imports them by name; what else the kit lacks, zod may have. */
const named = (text: string, root: string): string => {
  const found = /^No matching export in "([^"]+)" for import "([^"]+)"$/.exec(text)
  if (found === null) return text
  const [, file = "", missing = ""] = found
  const lies = path.resolve(root, file)
  if (lies === kitEntry) {
    const hint = missing === "z" ? '; z comes from zod: import { z } from "zod"' : ""
    return `@openislands/connector-kit exports no "${missing}"${hint}`
  }
  return isWithin([zodDirectory()], lies) ? `zod exports no "${missing}"` : text
}

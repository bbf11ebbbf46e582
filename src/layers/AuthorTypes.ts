import { Effect, Schema } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import kit from "../kit/package.json" with { type: "json" }
import { Project } from "../services/Project.ts"
import { errnoOf } from "./errno.ts"
import { nodeTypes } from "./nodeTypes.ts"
import { fromSources, ownFile, zodDirectory } from "./packageRoot.ts"
import { ensureRenewable } from "./renewable.ts"
import { versions } from "./versions.ts"

/**
 * Makes `.openislands/types` hold the declarations of the kit and zod that the runtime bundles connectors with: the
 * project's tsconfig.json points there, so that connectors type-check before any install. Costs one read when current.
 */
export const refreshAuthorTypes = Effect.gen(function* () {
  const project = yield* Project
  const types = path.join(project.layout.home, "types")
  if ((yield* versionOf(types)) === versions) return
  yield* ensureRenewable(project, "types")
  yield* Effect.acquireUseRelease(
    attempt(types, () => fs.mkdtemp(`${types}-`)),
    (workshop) => attempt(types, () => replaceTypes(types, workshop)),
    (workshop) => Effect.promise(() => fs.rm(workshop, { recursive: true, force: true }).catch(() => {})),
  )
}).pipe(Effect.withSpan("refreshAuthorTypes"))

export class AuthorTypesFailed extends Schema.TaggedError<AuthorTypesFailed>()("AuthorTypesFailed", {
  path: Schema.String,
  code: Schema.String,
}) {
  override get message() {
    return `cannot keep the types that connectors are checked against in ${this.path} (${this.code})`
  }
  get suggestion() {
    return "Connectors run without them. For types in your editor, check the permissions of that directory, or run npm install in the project."
  }
}

const attempt = <A>(types: string, run: () => Promise<A>): Effect.Effect<A, AuthorTypesFailed> =>
  Effect.tryPromise({ try: run, catch: (cause) => new AuthorTypesFailed({ path: types, code: errnoOf(cause) }) })

/** Lies in the directory that it vouches for, so that one rename brings both. */
const marker = "version"

const versionOf = (types: string): Effect.Effect<string | null> =>
  Effect.promise(() => fs.readFile(path.join(types, marker), "utf8").catch(() => null))

/** Whoever reads meanwhile finds the old directory, the new one, or for a moment none; never a mixture. */
const replaceTypes = async (types: string, workshop: string): Promise<void> => {
  const made = path.join(workshop, "new")
  await writeKit(path.join(made, kit.name))
  await writeZod(path.join(made, "zod"))
  for (const [file, text] of nodeTypes) await write(path.join(made, "node", file), text)
  await write(path.join(made, marker), versions)
  // No system renames over a directory that holds something.
  await fs.rename(types, path.join(workshop, "old")).catch(unless("ENOENT"))
  await fs.rename(made, types).catch(unless("ENOTEMPTY", "EEXIST", "EPERM"))
}

/** Another process of ours that does the same has come first; what it brings is as good. */
const unless =
  (...codes: ReadonlyArray<string>) =>
  (cause: unknown): void => {
    if (!codes.includes(errnoOf(cause))) throw cause
  }

/** The build emits declarations; run from the sources, these are their own. */
const writeKit = async (to: string): Promise<void> => {
  await copyMatching(ownFile("kit", "src/kit"), to, fromSources ? /\.ts$/ : declaration)
  const index = fromSources ? "./index.ts" : "./index.d.ts"
  await write(
    path.join(to, "package.json"),
    JSON.stringify({ name: kit.name, version: kit.version, type: "module", types: index }),
  )
}

/** Each of zod's directories has a package.json that names its declarations. */
const writeZod = (to: string): Promise<void> => copyMatching(zodDirectory(), to, /\.d\.[cm]?ts$|^package\.json$/)

const declaration = /\.d\.[cm]?ts$/

const copyMatching = async (from: string, to: string, fileName: RegExp): Promise<void> => {
  const entries = await fs.readdir(from, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && fileName.test(entry.name))
  await Promise.all(
    files.map(async (entry) => {
      const file = path.join(entry.parentPath, entry.name)
      await write(path.join(to, path.relative(from, file)), await fs.readFile(file))
    }),
  )
}

const write = async (file: string, content: string | Uint8Array): Promise<void> => {
  await fs.mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  await fs.writeFile(file, content, { mode: 0o600 })
}

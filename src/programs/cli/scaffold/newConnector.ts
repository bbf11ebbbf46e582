import { Effect, Schema } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { errnoOf } from "../../../layers/errno.ts"
import { isName } from "../../../services/domain/Name.ts"
import { ManifestService, ManifestUnreadable } from "../../../services/ManifestService.ts"
import { Project } from "../../../services/Project.ts"
import { redirectUriOf } from "../../dashboard/redirectUri.ts"
import { Changes } from "./changes.ts"
import { type AuthType, connectorFiles, keysOf, output } from "./connectorFiles.ts"
import { declare } from "./declare.ts"
import { envExample } from "./envExample.ts"
import { AlreadyThere, demandFree } from "./free.ts"
import type { Paging } from "./paging.ts"

export interface NewConnector {
  readonly connector: string
  readonly auth: AuthType
  readonly paging: Paging
  /** Output -> dataset. */
  readonly datasets: Readonly<Record<string, string>>
  /** Paths relative to the project, in the order written. */
  readonly created: ReadonlyArray<string>
  readonly changed: ReadonlyArray<string>
  /** What it needs in `.env`. */
  readonly env: ReadonlyArray<string>
  /** To be registered with the provider, for a server that is started without flags; null where nobody signs in. */
  readonly redirectUri: string | null
}

/** Where `serve` listens unless somebody says otherwise. */
const usualOrigin = "http://127.0.0.1:4321"

/** Writes a connector, its test and its declaration: all of it, or nothing, and nothing that was there is lost. */
export const newConnector = Effect.fn("newConnector")(function* (name: string, auth: AuthType, paging: Paging) {
  if (!isName(name)) return yield* new BadConnectorName({ name })
  const { root, layout, confine } = yield* Project
  const checked = yield* ManifestService.use((manifests) => manifests.load)
  const broken = checked.problems.find(({ path }) => ["", "connectors", "datasets"].includes(path))
  if (broken !== undefined) return yield* broken
  const [module, source] = [`connectors/${name}`, `data/${name}.csv`]
  const directory = yield* confine(module)
  yield* demandFree(checked, { name, module, directory, source, file: yield* confine(source) })

  const manifest = yield* readFile(layout.manifest)
  const example = path.join(root, ".env.example")
  const [env, exampleBefore] = [keysOf(name, auth), yield* readIfThere(example)]
  // Keys are ASCII, and what else is in it may have any encoding: so every byte of it stays.
  const exampleAfter = exampleBefore && envExample(exampleBefore.toString("latin1"), env)
  const files = connectorFiles(name, auth, paging)
  const relative = (file: string) => path.relative(root, file)
  const changes = new Changes()
  yield* Effect.tryPromise({
    try: async () => {
      await changes.makeDirectory(directory)
      for (const [file, text] of files) await changes.create(path.join(directory, file), text)
      if (exampleBefore !== null && exampleAfter !== null)
        await changes.rewrite(example, exampleBefore, Buffer.from(exampleAfter, "latin1"))
      // Last, because from then on the connector is there.
      await changes.rewrite(layout.manifest, manifest, declare(manifest.toString("utf8"), name, source, output))
    },
    catch: (cause) => cause,
  }).pipe(
    Effect.catch(
      Effect.fnUntraced(function* (cause) {
        const left = yield* Effect.promise(() => changes.takeBack())
        // Somebody was faster.
        if (errnoOf(cause) === "EEXIST") return yield* new AlreadyThere({ what: "directory", name, path: module })
        return yield* new NewFailed({ path: relative(changes.at), code: errnoOf(cause), left: left.map(relative) })
      }),
    ),
    Effect.uninterruptible,
  )
  return {
    connector: name,
    auth,
    paging,
    datasets: { [output]: name },
    created: files.map(([file]) => `${module}/${file}`),
    changed: [...(exampleAfter === null ? [] : [".env.example"]), "manifest.json"],
    env,
    redirectUri: auth === "oauth2" ? redirectUriOf(checked.manifest.serve.origin ?? usualOrigin, name) : null,
  } satisfies NewConnector
})

const readFile = (file: string) =>
  Effect.tryPromise({
    try: () => fs.readFile(file),
    catch: (cause) =>
      new ManifestUnreadable({ file: path.basename(file), directory: path.dirname(file), code: errnoOf(cause) }),
  })

/** Null when there is no such file. */
const readIfThere = (file: string) =>
  Effect.tryPromise({
    try: () =>
      fs.readFile(file).catch((cause: unknown) => {
        if (errnoOf(cause) === "ENOENT") return null
        throw cause
      }),
    catch: (cause) => new NewFailed({ path: path.basename(file), code: errnoOf(cause), left: [] }),
  })

export class BadConnectorName extends Schema.TaggedError<BadConnectorName>()("BadConnectorName", {
  name: Schema.String,
}) {
  override get message() {
    return `${JSON.stringify(this.name)} cannot be the name of a connector`
  }
  get suggestion() {
    return "Use letters, digits, - and _, starting with a letter or digit, at most 100 characters."
  }
}

export class NewFailed extends Schema.TaggedError<NewFailed>()("NewFailed", {
  /** Relative to the project. */
  path: Schema.String,
  code: Schema.String,
  /** What was made and could not be taken away again. */
  left: Schema.Array(Schema.String),
}) {
  override get message() {
    return `cannot write ${this.path} (${this.code})`
  }
  get suggestion() {
    return this.left.length === 0
      ? "Everything is as it was. Check the permissions and the free space of the project directory, then try again."
      : `This could not be taken back: ${this.left.join(", ")}. Check the permissions of the project directory, remove it, then try again.`
  }
}

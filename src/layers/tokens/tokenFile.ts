import { Effect, Option, Schema } from "effect"
import { promises as fs, readdirSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { TokensUnreadable, TokensUnwritable } from "../../services/domain/AuthError.ts"
import type { Project } from "../../services/Project.ts"
import { errnoOf } from "../errno.ts"

/** What is kept of a connector that was signed in. Times are epoch milliseconds. */
const Stored = Schema.Struct({
  accessToken: Schema.String,
  refreshToken: Schema.optionalKey(Schema.String),
  expiresAt: Schema.optionalKey(Schema.Finite),
  obtainedAt: Schema.optionalKey(Schema.Finite),
  scope: Schema.optionalKey(Schema.String),
  /** How the provider wants to be told who asks, where that had to be found out. */
  authMethod: Schema.optionalKey(Schema.Literals(["client_secret_basic", "client_secret_post"])),
  /** The provider took these tokens back: its words. */
  refused: Schema.optionalKey(
    Schema.Struct({ at: Schema.Finite, error: Schema.String, description: Schema.NullOr(Schema.String) }),
  ),
})
export type Stored = typeof Stored.Type

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Stored))

const tokenFile = ({ layout }: Project["Service"], connector: string): string =>
  path.join(layout.tokens, `${connector}.json`)

/** Null when there is none. One that is damaged is an error: it is never read as "not connected". */
export const readTokens = (project: Project["Service"], connector: string) =>
  Effect.suspend(() => {
    const file = tokenFile(project, connector)
    const unreadable = (detail: string) =>
      Effect.fail(new TokensUnreadable({ connector, file: path.relative(project.root, file), detail }))
    let text: string
    try {
      text = readFileSync(file, "utf8")
    } catch (cause) {
      return errnoOf(cause) === "ENOENT" ? Effect.succeed(null) : unreadable(errnoOf(cause))
    }
    const stored = decode(text)
    return Option.isSome(stored) ? Effect.succeed(stored.value) : unreadable("it is damaged")
  })

/** Durable before it is used: a provider may have forgotten the tokens from before already. */
export const writeTokens = Effect.fnUntraced(function* (
  project: Project["Service"],
  connector: string,
  stored: Stored | null,
) {
  const file = tokenFile(project, connector)
  const unwritable = (cause: unknown) =>
    new TokensUnwritable({ connector, file: path.relative(project.root, file), code: errnoOf(cause) })
  yield* project
    .ensure(project.layout.tokens)
    .pipe(
      Effect.mapError(({ code }) => new TokensUnwritable({ connector, file: path.relative(project.root, file), code })),
    )
  yield* Effect.tryPromise({
    try: () => (stored === null ? remove(file) : replace(file, `${JSON.stringify(stored, null, 2)}\n`)),
    catch: unwritable,
  })
})

const replace = async (file: string, text: string): Promise<void> => {
  // Only one process writes a connector's tokens at a time, and what it left when it died may go.
  const temporary = `${file}.new`
  try {
    await fs.rm(temporary, { force: true })
    const handle = await fs.open(temporary, "wx", 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await fs.rename(temporary, file)
  } catch (cause) {
    await fs.rm(temporary, { force: true })
    throw cause
  }
  await syncDirectory(path.dirname(file))
}

const remove = async (file: string): Promise<void> => {
  await fs.rm(file, { force: true, recursive: true })
  await syncDirectory(path.dirname(file))
}

const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await fs.open(directory, "r")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Every token of the project, for redaction; what cannot be read holds no text that could be told. */
export const tokenTexts = ({ layout }: Project["Service"]): ReadonlyArray<string> => {
  try {
    return readdirSync(layout.tokens)
      .filter((name) => name.endsWith(".json"))
      .flatMap((name) => {
        const stored = Option.getOrNull(decode(readFileSync(path.join(layout.tokens, name), "utf8")))
        return stored === null ? [] : [stored.accessToken, stored.refreshToken ?? ""]
      })
  } catch {
    // No directory, or one that only its owner reads.
    return []
  }
}

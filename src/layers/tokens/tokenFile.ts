import { Effect, Option, Schema } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { TokensUnreadable, TokensUnwritable } from "../../services/domain/AuthError.ts"
import { isName } from "../../services/domain/Name.ts"
import type { Project } from "../../services/Project.ts"
import { errnoOf } from "../errno.ts"
import { removeDurably, replaceDurably } from "./durably.ts"
import type { Key, Keys } from "./keys.ts"
import { isSealed, seal, unseal } from "./sealing.ts"

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

const decode = Schema.decodeUnknownOption(Stored)

/** A project's tokens, and what they are encrypted with; that stays the same from the reading to the writing. */
export interface TokenHome extends TokenPlace {
  readonly keys: Keys
}

export interface TokenPlace {
  readonly project: Project["Service"]
}

export interface Kept {
  readonly stored: Stored
  /** Null for plain text. */
  readonly key: Key | null
}

/** Relative to the project root. */
export const tokenFile = ({ project: { layout, root } }: TokenPlace, connector: string): string =>
  path.relative(root, path.join(layout.tokens, `${connector}.json`))

/** Null when there is none. One that is damaged, or was encrypted with a key that isn't here, is an error: it is never read as "not connected". */
export const readKept = Effect.fnUntraced(function* (home: TokenHome, connector: string) {
  const place = { connector, file: tokenFile(home, connector) }
  const unreadable = (detail: string) => new TokensUnreadable({ ...place, detail })
  const text = yield* Effect.try({
    try: () => textOf(path.join(home.project.root, place.file)),
    catch: (cause) => unreadable(errnoOf(cause)),
  })
  if (text === null) return null
  const document = Option.getOrNull(parse(text))
  const opened = isSealed(document) ? yield* unseal(place, text, document, home.keys) : { text, key: null }
  const stored = opened.key === null ? decode(document) : Option.flatMap(parse(opened.text), decode)
  if (Option.isNone(stored)) return yield* unreadable("it is damaged")
  return { stored: stored.value, key: opened.key } satisfies Kept
})

const parse = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Json))

const textOf = (file: string): string | null => {
  try {
    return readFileSync(file, "utf8")
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") return null
    throw cause
  }
}

export const readTokens = (home: TokenHome, connector: string) =>
  Effect.map(readKept(home, connector), (kept) => kept?.stored ?? null)

/** Fails when what is kept was encrypted with a key that isn't here; what is damaged may be replaced. */
export const demandKey = (home: TokenHome, connector: string) =>
  readKept(home, connector).pipe(
    Effect.asVoid,
    Effect.catchTag("TokensUnreadable", () => Effect.void),
  )

/**
 * Durable before it is used: a provider may have forgotten the tokens from before already. Encrypted where there is a
 * key. Call it with the lock and after reading: it would put plain text in the place of what was encrypted.
 */
export const writeTokens = (home: TokenHome, connector: string, stored: Stored) =>
  writeAs(home, connector, stored, home.keys.current)

/** With a key, or as plain text. */
export const writeAs = (place: TokenPlace, connector: string, stored: Stored, key: Key | null) => {
  const text = `${JSON.stringify(stored, null, 2)}\n`
  return change(place, connector, (file) => replaceDurably(file, key === null ? text : seal(connector, text, key)))
}

/** Needs no key. */
export const forgetTokens = (place: TokenPlace, connector: string) => change(place, connector, removeDurably)

const change = Effect.fnUntraced(function* (
  place: TokenPlace,
  connector: string,
  how: (file: string) => Promise<void>,
) {
  const { project } = place
  const file = tokenFile(place, connector)
  const unwritable = (code: string) => new TokensUnwritable({ connector, file, code })
  yield* project.ensure(project.layout.tokens).pipe(Effect.mapError(({ code }) => unwritable(code)))
  // Whoever is interrupted lets go of the lock: what was still on its way then would undo what others write.
  yield* Effect.uninterruptible(
    Effect.tryPromise({
      try: () => how(path.join(project.root, file)),
      catch: (cause) => unwritable(errnoOf(cause)),
    }),
  )
})

/** The connectors that have tokens, whatever the manifest says; none when there is no such directory. */
export const connectorsWithTokens = ({ project: { layout } }: TokenPlace): ReadonlyArray<string> => {
  try {
    const names = readdirSync(layout.tokens).filter((name) => name.endsWith(".json"))
    return names.map((name) => name.slice(0, -".json".length)).filter(isName)
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") return []
    throw cause
  }
}

/** Every token of the project, for redaction; what cannot be read holds no text that this process could tell. */
export const tokenTexts = Effect.fnUntraced(function* (home: TokenHome) {
  const connectors = yield* Effect.try(() => connectorsWithTokens(home)).pipe(Effect.orElseSucceed(() => []))
  const all = yield* Effect.forEach(connectors, (connector) =>
    readTokens(home, connector).pipe(Effect.orElseSucceed(() => null)),
  )
  return all.flatMap((stored) => (stored === null ? [] : [stored.accessToken, stored.refreshToken ?? ""]))
})

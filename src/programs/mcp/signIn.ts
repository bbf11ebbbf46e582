import { Effect } from "effect"
import * as path from "node:path"
import { readServed } from "../../layers/serveFile.ts"
import type { Access } from "../../services/domain/GuestError.ts"
import { isKeyError } from "../../services/domain/KeyError.ts"
import { Project } from "../../services/Project.ts"
import { inTools } from "./inTools.ts"

/** Where the dashboard is served; null while nobody serves it. */
const dashboardOrigin = Effect.map(
  Project,
  ({ layout }) => readServed(path.join(layout.home, "serve.json"))?.origin ?? null,
)

/** What to tell the human who has to sign in: an agent never does. Null when nobody has to. */
export const signInWords = Effect.fnUntraced(function* (connectors: ReadonlyArray<string>) {
  if (connectors.length === 0) return null
  const origin = yield* dashboardOrigin
  const names = connectors.map((name) => `"${name}"`).join(" and ")
  const there =
    origin === null ? 'run "openislands serve" in the project, open the address it prints' : `open ${origin}`
  return `Only a human can sign in. Say to the user: please ${there} and click Connect on ${names}. Then try again.`
})

/** What to do about a run or a preview that failed, to stand beside it: by a human, or with tools. */
export const saying = Effect.fnUntraced(function* ({ connector, error }: Failing) {
  const { _tag: tag, missing, providerStatus, access } = (error ?? {}) as Facts
  if (isKeyError(error)) return { say: tokenKeyWords }
  const refused = tag === "ConnectorFailed" && providerStatus === 401 ? (access ?? null) : null
  const isToConnect = tag === "NotConnected" || refused?.auth === "oauth2"
  const words = isToConnect
    ? yield* signInWords([connector])
    : (keyWords(tag === "MissingSecrets" ? (missing ?? []) : []) ?? refusedWords(refused?.keys ?? []))
  const say = words ?? inTools((error ?? {}) as object)
  return say === null ? {} : { say }
})

interface Failing {
  readonly connector: string
  /** An ErrorDocument. */
  readonly error: unknown
}

interface Facts {
  readonly _tag?: string
  readonly missing?: ReadonlyArray<string>
  readonly providerStatus?: number | null
  readonly access?: Access | null
}

/** Null when the provider refuses no key's value. */
const refusedWords = (keys: ReadonlyArray<string>): string | null =>
  keys.length === 0
    ? null
    : `If the code sends it as the provider wants it, only a human can do this. Say to the user: the provider refuses ${keys.join(" and ")}; please put what is valid into the file .env of the project, and don't show me the value. Then try again.`

/** The key is the server's: an agent has nothing to do with it, and its client has to start the server again. */
export const tokenKeyWords =
  "Only a human can do this. Say to the user: the tokens are encrypted, and openislands needs their key, in OPENISLANDS_KEY or by --key-file; please see to it, start it again, and don't show me the key. The error says what is wrong with it. Then try again."

/** Null when no key is missing. */
export const keyWords = (keys: ReadonlyArray<string>): string | null =>
  keys.length === 0
    ? null
    : `Only a human can do this. Say to the user: please add ${keys.map((key) => `${key}=...`).join(" and ")} to the file .env of the project, and don't show me the value. Then try again.`

import { Effect, Result } from "effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import { jsonUnsafe, setCookieUnsafe } from "effect/http/HttpServerResponse"
import { createHash, createHmac, randomBytes } from "node:crypto"
import { ConnectorCatalog, UnknownConnector } from "../../services/ConnectorCatalog.ts"
import { SignInInvalid } from "../../services/domain/AuthError.ts"
import type { ErrorDocument } from "../../services/domain/ErrorDocument.ts"
import { isName } from "../../services/domain/Name.ts"
import { Events } from "../../services/Events.ts"
import { ManifestService } from "../../services/ManifestService.ts"
import { TokenService } from "../../services/TokenService.ts"
import { isSame } from "./access.ts"
import { documentOf } from "./failure.ts"
import { failedPage, htmlOf, signedInPage } from "./pages.ts"
import { StartedElsewhere } from "./problems.ts"
import { redirectUriOf, signInPath } from "./redirectUri.ts"
import { isLoopback, Site } from "./Site.ts"
import { statusOf } from "./statusCodes.ts"

/**
 * Ties a sign-in to the browser that began it: `state` alone may be known to whoever saw the address, and would let
 * them sign somebody else in to an account of theirs.
 */
export class SignInCookies {
  readonly #key = randomBytes(32)
  readonly #isSecure: boolean

  constructor(origin: string) {
    this.#isSecure = origin.startsWith("https:")
  }

  /** Of this sign-in alone: of two that a human begins in two tabs, the second must not take the first one's place. */
  nameOf(state: string): string {
    return `openislands_sign_in_${createHash("sha256").update(state).digest("hex").slice(0, 12)}`
  }

  valueOf(state: string): string {
    return createHmac("sha256", this.#key).update(state).digest("base64url")
  }

  optionsFor(connector: string) {
    const path = signInPath(connector)
    return { httpOnly: true, sameSite: "lax", secure: this.#isSecure, path, maxAge: "10 minutes" } as const
  }

  /** Takes as long whatever the browser brings. */
  isFrom({ cookies }: HttpServerRequest, state: string): boolean {
    return isSame(cookies[this.nameOf(state)] ?? "", this.valueOf(state))
  }
}

const declarationOf = Effect.fnUntraced(function* (connector: string) {
  const checked = yield* ManifestService.use((manifests) => manifests.load)
  return (yield* ConnectorCatalog.use((catalog) => catalog.load(checked, connector))).description.declaration
})

/**
 * Whether the page that sends this has another address than the one that the browser comes back to. Who doesn't say
 * where the page is, a browser that keeps it to itself or a program, says by which name it found us. A proxy may have
 * changed that name, but hardly to another one of this machine at our own port.
 */
const isElsewhere = ({ headers }: HttpServerRequest, origin: string): boolean => {
  const page = headers["origin"]
  if (page !== undefined && page !== "null") return page !== origin
  const own = new URL(origin)
  const found = URL.parse(`${own.protocol}//${headers["host"] ?? ""}`)
  return isLoopback(own.hostname) && found !== null && found.port === own.port && found.hostname !== own.hostname
}

/** Begins a sign-in; the page navigates to the answered `authorizeUrl`. */
export const signIn = Effect.fnUntraced(function* (
  connector: string,
  request: HttpServerRequest,
  cookies: SignInCookies,
) {
  const { origin } = yield* Site
  if (isElsewhere(request, origin)) return yield* new StartedElsewhere({ connector, origin })
  const declaration = yield* declarationOf(connector)
  const { authorizeUrl, state } = yield* TokenService.use((tokens) =>
    tokens.authorize(connector, declaration, redirectUriOf(origin, connector)),
  )
  const response = jsonUnsafe({ authorizeUrl })
  return setCookieUnsafe(response, cookies.nameOf(state), cookies.valueOf(state), cookies.optionsFor(connector))
})

/** Where the provider has sent the browser back to: ends the sign-in, and says in a page what came of it. */
export const signedIn = Effect.fnUntraced(function* (
  connector: string,
  request: HttpServerRequest,
  cookies: SignInCookies,
) {
  const answer = new URLSearchParams(/\?(.*)/.exec(request.url)?.[1] ?? "")
  const state = answer.get("state")
  const ended = yield* Effect.gen(function* () {
    if (state === null) return yield* new SignInInvalid({ connector, why: "unknown" })
    if (!cookies.isFrom(request, state)) return yield* new SignInInvalid({ connector, why: "elsewhere" })
    yield* TokenService.use((tokens) => tokens.complete(connector, answer))
  }).pipe(Effect.result)
  if (Result.isFailure(ended)) {
    const status = statusOf(ended.failure)
    const error = yield* documentOf(ended.failure)
    yield* logFailed(connector, error)
    return htmlOf(failedPage(connector, error), { status })
  }
  yield* Events.useSync((events) => events.publish({ type: "connection", connector, connected: true }))
  return htmlOf(signedInPage(connector))
})

/** The page is closed soon, and whoever asks later why nothing is connected has the log only. */
const logFailed = (connector: string, error: ErrorDocument) => {
  // A browser and a provider say what is in it: any text.
  const text = `${connector}  sign-in failed: ${error.message}`.replace(/\p{Cc}/gu, "?")
  return Effect.logWarning(text).pipe(Effect.annotateLogs({ event: "signInFailed", connector, error }))
}

/** Also for a connector that doesn't load: its tokens are forgotten, though nobody knows where to revoke them. */
export const disconnect = Effect.fnUntraced(function* (connector: string) {
  const { connectorNames } = yield* ManifestService.use((manifests) => manifests.load)
  // Text that is no name never becomes a file's.
  if (!connectorNames.includes(connector) || !isName(connector)) {
    return yield* new UnknownConnector({ connector, didYouMean: null })
  }
  const declaration = yield* declarationOf(connector).pipe(Effect.orElseSucceed(() => null))
  const disconnected = yield* TokenService.use((tokens) => tokens.disconnect(connector, declaration))
  yield* Events.useSync((events) => events.publish({ type: "connection", connector, connected: false }))
  return disconnected
})

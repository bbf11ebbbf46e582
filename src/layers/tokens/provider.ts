import { Context, Effect, Schedule } from "effect"
import * as oauth from "oauth4webapi"
import { shortened } from "../../kit/responseError.ts"
import { type AuthError, ProviderRefused, ProviderUnusable } from "../../services/domain/AuthError.ts"
import type { ClientCredentialsData, OAuth2Data } from "../../services/domain/Description.ts"
import { isPrivate } from "../host/privateUrl.ts"
import { basicAuth } from "./basicAuth.ts"
import { providerFetch, Unusable } from "./providerFetch.ts"
import type { Stored } from "./tokenFile.ts"

/** Who asks, and of whom: a connector's `auth` with the keys of `.env` filled in. */
export interface Party {
  readonly connector: string
  readonly data: OAuth2Data | ClientCredentialsData
  readonly clientId: string
  /** Null for a public client. */
  readonly clientSecret: string | null
}

type Asked = ProviderRefused["asked"]
export type AuthMethod = NonNullable<Stored["authMethod"]>

/** What a provider handed out. */
export interface Grant {
  readonly accessToken: string
  readonly refreshToken?: string
  /** Seconds. */
  readonly expiresIn?: number
  readonly scope?: string
  readonly authMethod?: AuthMethod
}

/** Milliseconds for a request and its answer. A reference for the sake of tests: no program changes it. */
export const ProviderPatience = Context.Reference("openislands/layers/tokens/ProviderPatience", {
  defaultValue: () => 20_000,
})

/** For a URL that can be parsed; over plain http only to this machine. */
export const requestOptions = (url: string) =>
  Effect.map(ProviderPatience, (patience) => ({
    [oauth.customFetch]: (to: string, init: object) => providerFetch(to, init, patience),
    [oauth.allowInsecureRequests]: isPrivate(new URL(url)),
  }))

/** Between tries of a provider that is too busy. */
const backoff = Schedule.exponential("500 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 3 }))

/** One question to the provider; whatever goes wrong is one of our errors. */
export const ask = <A>(
  connector: string,
  asked: Asked,
  endpoint: string,
  question: () => Promise<A>,
): Effect.Effect<A, ProviderRefused | ProviderUnusable> =>
  Effect.tryPromise({ try: question, catch: (cause) => cause }).pipe(
    Effect.retry({ schedule: backoff, while: (cause) => cause instanceof Unusable && cause.untouched }),
    Effect.mapError((cause) => failureOf(connector, asked, endpoint, cause)),
  )

const failureOf = (connector: string, asked: Asked, endpoint: string, cause: unknown) => {
  if (cause instanceof Unusable) {
    const { endpoint: at, message: detail, transient } = cause
    return new ProviderUnusable({ connector, endpoint: at, detail, transient })
  }
  if (cause instanceof oauth.ResponseBodyError || cause instanceof oauth.AuthorizationResponseError) {
    const { error, error_description: description } = cause
    return new ProviderRefused({ connector, asked, error: cut(error), description: cut(description ?? null) })
  }
  const detail = `gave an answer that cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`
  return new ProviderUnusable({ connector, endpoint, detail: cut(detail), transient: false })
}

const cut = <T extends string | null>(text: T): T => (text === null ? text : (shortened(text, 500) as T))

/**
 * Asks the token endpoint by `request`. Which way a client's secret is told there differs between providers; where the
 * connector doesn't say, the standard's is tried first and then the other, and which one it was is part of the answer.
 */
export const askForTokens = Effect.fnUntraced(function* (
  party: Party,
  known: AuthMethod | undefined,
  asked: Asked,
  server: oauth.AuthorizationServer,
  request: (client: oauth.Client, auth: oauth.ClientAuth) => Promise<oauth.TokenEndpointResponse>,
) {
  const { connector, clientId, clientSecret, data } = party
  const endpoint = server.token_endpoint ?? "the provider"
  const once = (method: AuthMethod | "none") =>
    ask(connector, asked, endpoint, () => request({ client_id: clientId }, clientAuth(method, clientSecret))).pipe(
      Effect.map((answer) => grantOf(answer, method)),
    )
  const chosen = data.tokenEndpointAuthMethod ?? (clientSecret === null ? "none" : (known ?? null))
  if (chosen !== null) return yield* once(chosen)
  const supported = server.token_endpoint_auth_methods_supported
  const post = supported !== undefined && !supported.includes("client_secret_basic")
  const [first, second] = post
    ? (["client_secret_post", "client_secret_basic"] as const)
    : (["client_secret_basic", "client_secret_post"] as const)
  return yield* once(first).pipe(
    Effect.catchIf(isUnknownClient, (refusal) =>
      // What the other way fails of may be the true reason, unless it is the same.
      once(second).pipe(Effect.catchIf(isUnknownClient, () => Effect.fail(refusal))),
    ),
  )
})

/** The secret was not understood, whatever else the request held. */
const isUnknownClient = (error: AuthError): boolean =>
  (error._tag === "ProviderRefused" && /^(invalid_client|invalid_request|unauthorized_client)$/.test(error.error)) ||
  (error._tag === "ProviderUnusable" && /^(answered 40[01]|gave an answer)/.test(error.detail))

export const clientAuth = (method: AuthMethod | "none", secret: string | null): oauth.ClientAuth => {
  if (method === "none" || secret === null) return oauth.None()
  return method === "client_secret_post" ? oauth.ClientSecretPost(secret) : basicAuth(secret)
}

const grantOf = (answer: oauth.TokenEndpointResponse, method: AuthMethod | "none"): Grant => ({
  accessToken: answer.access_token,
  ...(answer.refresh_token === undefined ? {} : { refreshToken: answer.refresh_token }),
  ...(answer.expires_in === undefined ? {} : { expiresIn: answer.expires_in }),
  ...(answer.scope === undefined ? {} : { scope: answer.scope }),
  ...(method === "none" ? {} : { authMethod: method }),
})

import { Effect } from "effect"
import * as oauth from "oauth4webapi"
import { shortened } from "../../kit/responseError.ts"
import { ProviderRefused, SignInInvalid } from "../../services/domain/AuthError.ts"
import type { OAuth2Data } from "../../services/domain/Description.ts"
import { endpointOf, serverOf, unpublished } from "./discovery.ts"
import { askForTokens, type AuthMethod, type Party, requestOptions } from "./provider.ts"

/** The address that a human's browser is sent to, with everything that the answer is checked by. */
export const authorizeUrl = Effect.fnUntraced(function* (
  party: Party & { readonly data: OAuth2Data },
  redirectUri: string,
  state: string,
  verifier: string | null,
) {
  const { data, clientId } = party
  const url = new URL(yield* endpointOf(party, yield* serverOf(party), "authorization_endpoint"))
  const parameters = {
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    ...scopeOf(data),
    state,
    ...(verifier === null ? {} : yield* challengeOf(verifier)),
    ...data.authorizeParams,
  }
  for (const [key, value] of Object.entries(parameters)) url.searchParams.set(key, value)
  return url.href
})

const scopeOf = ({ scopes, scopeSeparator }: Party["data"]) =>
  scopes.length === 0 ? {} : { scope: scopes.join(scopeSeparator) }

const challengeOf = (verifier: string) =>
  Effect.map(
    Effect.promise(() => oauth.calculatePKCECodeChallenge(verifier)),
    (challenge) => ({ code_challenge: challenge, code_challenge_method: "S256" }),
  )

export interface CodeAnswer {
  readonly answer: URLSearchParams
  readonly state: string
  readonly redirectUri: string
  readonly verifier: string | null
}

/** Turns what the browser brought back into tokens. */
export const codeGrant = Effect.fnUntraced(function* (
  party: Party & { readonly data: OAuth2Data },
  { answer, state, redirectUri, verifier }: CodeAnswer,
) {
  const { connector } = party
  const server = yield* serverOf(party)
  const issuer = answer.get("iss")
  if (issuer !== null && !isOf(issuer, server)) return yield* new SignInInvalid({ connector, why: "issuer" })
  const error = answer.get("error")
  if (error !== null) {
    const description = shortened(answer.get("error_description") ?? "", 500) || null
    return yield* new ProviderRefused({ connector, asked: "consent", error: shortened(error, 100), description })
  }
  // The client's own check of the rest, which also marks the parameters as checked.
  const as = { ...server, issuer: issuer ?? server.issuer }
  const checked = yield* Effect.try({
    try: () => oauth.validateAuthResponse(as, { client_id: party.clientId }, answer, state),
    catch: () =>
      new SignInInvalid({ connector, why: issuer === null && server.issuer !== unpublished ? "issuer" : "unknown" }),
  })
  const options = yield* tokenOptions(party, server)
  return yield* askForTokens(party, undefined, "tokens", server, async (client, auth) => {
    const sent = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      auth,
      checked,
      redirectUri,
      verifier ?? oauth.nopkce,
      options,
    )
    return oauth.processAuthorizationCodeResponse(as, client, sent)
  })
})

const tokenOptions = Effect.fnUntraced(function* (party: Party, server: oauth.AuthorizationServer) {
  return {
    ...(yield* requestOptions(yield* endpointOf(party, server, "token_endpoint"))),
    additionalParameters: party.data.tokenParams,
  }
})

/** Where nobody published an issuer, the one that answers has to be at home where it was asked. */
const isOf = (issuer: string, server: oauth.AuthorizationServer): boolean => {
  if (server.issuer !== unpublished) return issuer === server.issuer
  if (!URL.canParse(issuer)) return false
  const { origin } = new URL(issuer)
  return [server.authorization_endpoint, server.token_endpoint].some(
    (endpoint) => endpoint !== undefined && new URL(endpoint).origin === origin,
  )
}

/** New tokens for a refresh token. One that doesn't come with a new refresh token leaves the old one in force. */
export const refreshGrant = Effect.fnUntraced(function* (
  party: Party,
  refreshToken: string,
  known: AuthMethod | undefined,
) {
  const server = yield* serverOf(party)
  const options = yield* tokenOptions(party, server)
  return yield* askForTokens(party, known, "refresh", server, async (client, auth) =>
    oauth.processRefreshTokenResponse(
      server,
      client,
      await oauth.refreshTokenGrantRequest(server, client, auth, refreshToken, options),
    ),
  )
})

/** Tokens for a client that acts for itself: nobody has to sign in. */
export const clientGrant = Effect.fnUntraced(function* (party: Party, known: AuthMethod | undefined) {
  const server = yield* serverOf(party)
  const parameters = { ...scopeOf(party.data), ...party.data.tokenParams }
  const options = yield* requestOptions(yield* endpointOf(party, server, "token_endpoint"))
  return yield* askForTokens(party, known, "tokens", server, async (client, auth) =>
    oauth.processClientCredentialsResponse(
      server,
      client,
      await oauth.clientCredentialsGrantRequest(server, client, auth, parameters, options),
    ),
  )
})

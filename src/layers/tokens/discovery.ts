import { Effect } from "effect"
import * as oauth from "oauth4webapi"
import { ProviderUnusable } from "../../services/domain/AuthError.ts"
import { isPrivate } from "../host/privateUrl.ts"
import { ask, type Party, requestOptions } from "./provider.ts"

/** Of a provider that publishes none; the library wants one. */
export const unpublished = "unpublished"

/** The provider's endpoints: those given, and for the others what it publishes. */
export const serverOf = Effect.fnUntraced(function* ({ connector, data }: Party) {
  const given = {
    ...("authorizeUrl" in data && data.authorizeUrl !== null ? { authorization_endpoint: data.authorizeUrl } : {}),
    ...(data.tokenUrl === null ? {} : { token_endpoint: data.tokenUrl }),
    ...("revocationUrl" in data && data.revocationUrl !== null ? { revocation_endpoint: data.revocationUrl } : {}),
  }
  const { issuer } = data
  if (issuer === null) return { ...given, issuer: unpublished } satisfies oauth.AuthorizationServer
  const options = yield* requestOptions(issuer)
  const published = yield* ask(connector, "tokens", issuer, async () => {
    const url = new URL(issuer)
    const found = async (algorithm: "oidc" | "oauth2") =>
      oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm, ...options }))
    return found("oidc").catch((first: unknown) => found("oauth2").catch(() => Promise.reject(first)))
  })
  return { ...published, ...given } satisfies oauth.AuthorizationServer
})

type Endpoint = "authorization_endpoint" | "token_endpoint" | "revocation_endpoint"

/** One that cannot be done without. What is published may lack it, or be anything: a human's browser would go there. */
export const endpointOf = Effect.fnUntraced(function* (
  { connector, data: { issuer } }: Party,
  server: oauth.AuthorizationServer,
  name: Endpoint,
) {
  const url: unknown = server[name]
  if (typeof url === "string" && URL.canParse(url) && isPrivate(new URL(url))) return url
  const detail = url === undefined ? `publishes no ${name}` : `publishes as ${name} what is no https URL`
  return yield* new ProviderUnusable({ connector, endpoint: issuer ?? "the provider", detail, transient: false })
})

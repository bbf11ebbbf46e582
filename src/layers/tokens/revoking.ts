import { Effect, Result } from "effect"
import * as oauth from "oauth4webapi"
import { endpointOf, serverOf } from "./discovery.ts"
import { ask, clientAuth, type Party, requestOptions } from "./provider.ts"
import type { Stored } from "./tokenFile.ts"

/**
 * Has the provider take back what was kept: null when there was nothing or it has no place for that, false when it
 * refused or was not told, as nobody could read what was kept.
 */
export const revokeKept = (party: Party, kept: Result.Result<Stored | null, { readonly message: string }>) => {
  const { connector, data } = party
  const unrevoked = ({ message }: { readonly message: string }) =>
    Effect.logWarning(`the tokens of connector "${connector}" are forgotten, but not revoked: ${message}`).pipe(
      Effect.as(false),
    )
  if (Result.isFailure(kept)) {
    const hasPlace = "revocationUrl" in data && (data.revocationUrl !== null || data.issuer !== null)
    return hasPlace ? unrevoked(kept.failure) : Effect.succeed(null)
  }
  return kept.success === null ? Effect.succeed(null) : revoke(party, kept.success).pipe(Effect.catch(unrevoked))
}

/** Null when the provider has no place for that. */
const revoke = Effect.fnUntraced(function* (party: Party, stored: Stored) {
  const server = yield* serverOf(party)
  if (server.revocation_endpoint === undefined) return null
  const endpoint = yield* endpointOf(party, server, "revocation_endpoint")
  const { connector, clientId, clientSecret, data } = party
  const method = data.tokenEndpointAuthMethod ?? stored.authMethod ?? "client_secret_basic"
  const auth = clientAuth(method, clientSecret)
  // A provider that revokes the refresh token takes the access tokens of it along.
  const token = stored.refreshToken ?? stored.accessToken
  const options = yield* requestOptions(endpoint)
  yield* ask(connector, "revocation", endpoint, async () =>
    oauth.processRevocationResponse(
      await oauth.revocationRequest(server, { client_id: clientId }, auth, token, options),
    ),
  )
  return true
})

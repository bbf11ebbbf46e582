import { Effect } from "effect"
import * as oauth from "oauth4webapi"
import { ask, clientAuth, type Party, requestOptions, serverOf } from "./provider.ts"
import type { Stored } from "./tokenFile.ts"

/** Asks the provider to take back what it handed out; null when it has no place for that. */
export const revoke = Effect.fnUntraced(function* (party: Party, stored: Stored) {
  const server = yield* serverOf(party)
  const endpoint = server.revocation_endpoint
  if (endpoint === undefined) return null
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

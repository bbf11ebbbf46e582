import type { IncomingMessage, ServerResponse } from "node:http"
import { randomBytes } from "node:crypto"
import Provider from "oidc-provider"
import { consentPage, htmlTo } from "./pages.ts"
import { quietly } from "./quietly.ts"

export interface Client {
  readonly id: string
  readonly secret: string
  readonly redirectUri: string
}

/** Whose walks these are. Their password is nobody's business: this is a demo. */
const account = "robin"

/**
 * A certified OAuth2 server: PKCE is required, an access token lasts two minutes, a refresh token is good for once, and
 * one page asks the human. It forgets all of it when it ends.
 */
export const makeSignIn = (issuer: string, { id, secret, redirectUri }: Client) => {
  const provider = quietly(
    () =>
      new Provider(issuer, {
        clients: [
          {
            client_id: id,
            client_secret: secret,
            client_name: "OpenIslands",
            redirect_uris: [redirectUri],
            grant_types: ["authorization_code", "refresh_token"],
            response_types: ["code"],
          },
        ],
        scopes: ["walks"],
        pkce: { required: () => true },
        features: {
          revocation: { enabled: true, allowedPolicy: (_context, { clientId }, token) => token.clientId === clientId },
          devInteractions: { enabled: false },
        },
        interactions: { url: (_context, { uid }) => `/consent/${uid}` },
        findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
        issueRefreshToken: () => true,
        rotateRefreshToken: true,
        cookies: { keys: [randomBytes(16).toString("hex")] },
        ttl: {
          AccessToken: 120,
          AuthorizationCode: 60,
          Grant: 86_400,
          IdToken: 3_600,
          Interaction: 600,
          RefreshToken: 86_400,
          Session: 3_600,
        },
      }),
  )
  const answer = provider.callback()

  const ask = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { uid, params } = await provider.interactionDetails(request, response)
    htmlTo(response, consentPage(uid, new URL(String(params["redirect_uri"])).origin))
  }

  const decide = async (request: IncomingMessage, response: ServerResponse, isAllowed: boolean): Promise<void> => {
    const { params } = await provider.interactionDetails(request, response)
    if (!isAllowed) {
      const refusal = { error: "access_denied", error_description: "you clicked Deny" }
      return provider.interactionFinished(request, response, refusal)
    }
    const grant = new provider.Grant({ accountId: account, clientId: String(params["client_id"]) })
    grant.addOIDCScope(String(params["scope"]))
    const grantId = await grant.save()
    await provider.interactionFinished(request, response, { login: { accountId: account }, consent: { grantId } })
  }

  const isSignedIn = async (authorization: string | undefined): Promise<boolean> => {
    const token = await provider.AccessToken.find(authorization?.replace("Bearer ", "") ?? "")
    return token !== undefined && !token.isExpired && token.scope?.split(" ").includes("walks") === true
  }

  return { answer, ask, decide, isSignedIn }
}

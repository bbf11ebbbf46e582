import { Effect } from "effect"
import { createHash } from "node:crypto"
import type { ServerResponse } from "node:http"
import { json, provider, type TokenRequest } from "../../fixtures/oauthProvider.ts"
import { type Account, pageOf } from "./answers.ts"

export const client = { id: "our-client", secret: "shh-the-client-secret" }

/** How often an access token does before Whoop calls it expired, whatever `expires_in` said: not a whole sync long. */
const uses = 7

/** One sign-in, and the only tokens of it that are good. */
interface SignIn {
  /** Of its requests to the API, since somebody set it to 0. */
  asked: number
  /** What becomes of the requests with these numbers, from 0. */
  faults: ReadonlyMap<number, Fault>
  refresh: string
  access: string
  left: number
}

/** What becomes of a request to the API instead of its answer. */
export type Fault = "limited" | "refused" | "cut"

/**
 * Whoop on this machine: OAuth2 whose refresh tokens are good for once, and the API as it is at `state.at` hours of the
 * account's life. `signIns` are in the order in which humans came.
 */
export const whoop = Effect.fnUntraced(function* (account: Account) {
  const state = { at: 0 }
  const seen = { refreshes: 0, expired: 0, limited: 0, cut: 0, losses: 0 }
  const signIns: Array<SignIn> = []
  const codes = new Map<string, string>()
  let serial = 0

  const consent = (url: URL, response: ServerResponse): void => {
    const asked = Object.fromEntries(url.searchParams)
    const code = `code-${++serial}`
    codes.set(code, asked["code_challenge"] ?? "")
    const fits =
      asked["response_type"] === "code" &&
      asked["client_id"] === client.id &&
      asked["scope"] === "read:recovery read:sleep read:workout offline" &&
      (asked["state"] ?? "").length >= 8
    const location = new URL(asked["redirect_uri"] ?? "")
    location.searchParams.set("state", asked["state"] ?? "")
    location.searchParams.set(fits ? "code" : "error", fits ? code : "invalid_request")
    response.writeHead(302, { location: location.href }).end()
  }

  const grant = (signIn: SignIn, response: ServerResponse): void => {
    Object.assign(signIn, { refresh: `refresh-${++serial}`, access: `access-${serial}`, left: uses })
    json(response, {
      access_token: signIn.access,
      refresh_token: signIn.refresh,
      expires_in: 3600,
      scope: "offline read:recovery read:sleep read:workout",
      token_type: "bearer",
    })
  }

  const token = ({ body, headers }: TokenRequest, response: ServerResponse): void => {
    const isClient = body.get("client_id") === client.id && body.get("client_secret") === client.secret
    if (headers.authorization !== undefined || !isClient) return json(response, { error: "invalid_client" }, 401)
    if (body.get("grant_type") === "authorization_code") {
      const challenge = codes.get(body.get("code") ?? "")
      codes.delete(body.get("code") ?? "")
      const verifier = createHash("sha256")
        .update(body.get("code_verifier") ?? "")
        .digest("base64url")
      if (challenge !== verifier) return json(response, { error: "invalid_grant" }, 400)
      const signIn = { asked: 0, faults: new Map(), refresh: "", access: "", left: 0 }
      signIns.push(signIn)
      return grant(signIn, response)
    }
    const signIn = signIns.find(({ refresh }) => refresh === body.get("refresh_token"))
    if (signIn === undefined) {
      seen.losses++
      return json(response, { error: "invalid_grant" }, 400)
    }
    seen.refreshes++
    grant(signIn, response)
  }

  const api = ({ path, headers }: TokenRequest, response: ServerResponse): void => {
    const signIn = signIns.find(({ access }) => headers.authorization === `Bearer ${access}`)
    if (signIn === undefined || signIn.left-- <= 0) {
      seen.expired++
      return json(response, { message: "Authorization was not valid" }, 401)
    }
    const fault = signIn.faults.get(signIn.asked++)
    if (fault === "limited") {
      seen.limited++
      return void response.writeHead(429, { "retry-after": "0" }).end()
    }
    const page = pageOf(account, new URL(path, url), state.at)
    if (fault === "refused" || page === null) return json(response, { message: "Bad request" }, 400)
    if (fault !== "cut") return json(response, page)
    seen.cut++
    const body = JSON.stringify(page)
    response.writeHead(200, { "content-length": body.length })
    response.write(body.slice(0, body.length / 2), () => response.destroy())
  }

  const { url } = yield* provider((request, response) => {
    if (request.path.startsWith("/oauth/oauth2/auth?")) return consent(new URL(request.path, url), response)
    if (request.path === "/oauth/oauth2/token") return token(request, response)
    return api(request, response)
  })
  return { url, state, signIns, seen }
})

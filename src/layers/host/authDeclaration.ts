import type { Auth } from "../../services/domain/Description.ts"
import { type Fields, type Findings, isRecord } from "./findings.ts"
import { isPrivate } from "./privateUrl.ts"

const clientKeys = [
  "issuer",
  "tokenUrl",
  "scopes",
  "scopeSeparator",
  "clientIdEnv",
  "clientSecretEnv",
  "tokenEndpointAuthMethod",
  "tokenParams",
]

const authKeys = {
  bearer: ["tokenEnv"],
  oauth2: [...clientKeys, "authorizeUrl", "revocationUrl", "authorizeParams", "pkce"],
  "oauth2-client-credentials": clientKeys,
}

/** How a connector signs in; null when it doesn't. */
export const readAuth = (findings: Findings, auth: unknown): Auth | null => {
  if (auth === undefined) return null
  if (!isRecord(auth)) return findings.wrong("auth must be { type, data }", null)
  const { type, data } = auth
  if (type !== "oauth2" && type !== "bearer" && type !== "oauth2-client-credentials") {
    return findings.wrong('auth.type must be "oauth2", "bearer" or "oauth2-client-credentials"', null)
  }
  findings.onlyKeys(auth, "auth.", ["type", "data"])
  if (!isRecord(data)) return findings.wrong(`auth.data must be an object of ${required[type].join(", ")}`, null)
  findings.onlyKeys(data, "auth.data.", authKeys[type])
  if (type === "bearer") return { type, data: { tokenEnv: findings.envName(data["tokenEnv"], "auth.data.tokenEnv") } }
  const authorizeUrl = type === "oauth2" ? endpoint(findings, data, "authorizeUrl") : null
  const client = readClient(findings, data)
  const secret = (): string => findings.envName(data["clientSecretEnv"], "auth.data.clientSecretEnv")
  if (type === "oauth2-client-credentials") return { type, data: { ...client, clientSecretEnv: secret() } }
  const { pkce = true } = data
  return {
    type,
    data: {
      ...client,
      authorizeUrl,
      revocationUrl: data["revocationUrl"] === undefined ? null : secureUrl(findings, data, "revocationUrl"),
      clientSecretEnv: data["clientSecretEnv"] === undefined ? null : secret(),
      authorizeParams: readParameters(findings, data, "authorizeParams"),
      pkce: typeof pkce === "boolean" ? pkce : findings.wrong("auth.data.pkce must be true or false", true),
    },
  }
}

/** What a definition cannot do without. */
const required = {
  bearer: ["tokenEnv"],
  oauth2: ["authorizeUrl", "tokenUrl", "scopes", "clientIdEnv", "clientSecretEnv"],
  "oauth2-client-credentials": ["tokenUrl", "scopes", "clientIdEnv", "clientSecretEnv"],
}

const readClient = (findings: Findings, data: Fields) => ({
  issuer: data["issuer"] === undefined ? null : secureUrl(findings, data, "issuer"),
  tokenUrl: endpoint(findings, data, "tokenUrl"),
  scopes: readScopes(findings, data["scopes"]),
  scopeSeparator:
    data["scopeSeparator"] === undefined ? " " : findings.text(data["scopeSeparator"], "auth.data.scopeSeparator"),
  clientIdEnv: findings.envName(data["clientIdEnv"], "auth.data.clientIdEnv"),
  tokenEndpointAuthMethod: readMethod(findings, data["tokenEndpointAuthMethod"]),
  tokenParams: readParameters(findings, data, "tokenParams"),
})

/** An issuer publishes where its endpoints are. */
const endpoint = (findings: Findings, data: Fields, key: string): string | null =>
  data[key] === undefined && data["issuer"] !== undefined ? null : secureUrl(findings, data, key)

/** Whoever listens on the way must not read a token; on this machine nobody does. */
const secureUrl = (findings: Findings, data: Fields, key: string): string => {
  const what = `auth.data.${key}`
  const url = findings.url(data[key], what)
  if (url === "" || isPrivate(new URL(url))) return url
  return findings.wrong(`${what} must be an https URL (plain http is for this machine only)`, "")
}

const readScopes = (findings: Findings, scopes: unknown): ReadonlyArray<string> =>
  Array.isArray(scopes) && scopes.every((scope) => typeof scope === "string")
    ? [...scopes]
    : findings.wrong("auth.data.scopes must be an array of strings", [])

const methods = ["client_secret_basic", "client_secret_post", "none"] as const

const readMethod = (findings: Findings, method: unknown) => {
  if (method === undefined) return null
  const known = methods.find((one) => one === method)
  return known ?? findings.wrong(`auth.data.tokenEndpointAuthMethod must be one of ${methods.join(", ")}`, null)
}

/** What the runtime itself puts into a request is not to be replaced: the sign-in is checked by it. */
const ours = new Set([
  "client_id",
  "client_secret",
  "code",
  "code_challenge",
  "code_challenge_method",
  "code_verifier",
  "grant_type",
  "redirect_uri",
  "refresh_token",
  "response_type",
  "scope",
  "state",
])

const readParameters = (findings: Findings, data: Fields, key: string): Readonly<Record<string, string>> => {
  const parameters = data[key] ?? {}
  const what = `auth.data.${key}`
  if (!isRecord(parameters) || Object.values(parameters).some((value) => typeof value !== "string")) {
    return findings.wrong(`${what} must be an object of strings`, {})
  }
  const taken = Object.keys(parameters).find((name) => ours.has(name))
  if (taken !== undefined) return findings.wrong(`${what}.${taken} is set by the runtime`, {})
  return { ...(parameters as Readonly<Record<string, string>>) }
}

import type { Declaration } from "../../services/domain/Description.ts"

/** What `defineConnector` leaves on its result. */
const brand = Symbol.for("openislands.connector")

/** The definition isn't one: the message says which part, and what it should be. */
export class NotAConnector extends Error {}

const fail = (message: string): never => {
  throw new NotAConnector(message)
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const text = (value: unknown, what: string): string =>
  typeof value === "string" && value !== "" ? value : fail(`${what} must be a non-empty string`)

const envName = (value: unknown, what: string): string =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(text(value, what))
    ? (value as string)
    : fail(`${what} must be the name of an .env key`)

const url = (value: unknown, what: string): string => {
  const written = text(value, what)
  return URL.canParse(written) && /^https?:/.test(written) ? written : fail(`${what} must be an http(s) URL`)
}

/** Checks what `defineConnector` was given, without trusting its types: connectors may be plain JavaScript. */
export const readDeclaration = (exported: unknown): Declaration => {
  if (!isRecord(exported) || !(brand in exported)) {
    return fail("the default export is not the result of defineConnector(...)")
  }
  if (typeof exported["sync"] !== "function") fail("sync must be a function")
  const config = exported["config"]
  if (config !== undefined && !(typeof config === "object" && config !== null && "~standard" in config)) {
    fail("config must be a zod schema")
  }
  return {
    description: text(exported["description"], "description"),
    schedule: readSchedule(exported["schedule"]),
    secrets: readSecrets(exported["secrets"]),
    auth: readAuth(exported["auth"]),
    outputs: readOutputs(exported["outputs"]),
  }
}

const readSchedule = (schedule: unknown): Declaration["schedule"] => {
  if (schedule === undefined) return null
  if (typeof schedule === "string") return schedule
  if (isRecord(schedule) && typeof schedule["cron"] === "string") {
    const timeZone = schedule["timeZone"]
    return typeof timeZone === "string" ? { cron: schedule["cron"], timeZone } : { cron: schedule["cron"] }
  }
  return fail('schedule must be a string such as "6h" or { cron, timeZone }')
}

const readSecrets = (secrets: unknown): ReadonlyArray<string> => {
  if (secrets === undefined) return []
  if (!Array.isArray(secrets)) return fail("secrets must be an array of .env keys")
  return [...new Set(secrets.map((secret, index) => envName(secret, `secrets[${index}]`)))]
}

const readAuth = (auth: unknown): Declaration["auth"] => {
  if (auth === undefined) return null
  if (!isRecord(auth) || !isRecord(auth["data"])) return fail("auth must be { type, data }")
  const data = auth["data"]
  if (auth["type"] === "bearer") {
    return { type: "bearer", data: { tokenEnv: envName(data["tokenEnv"], "auth.data.tokenEnv") } }
  }
  if (auth["type"] !== "oauth2") return fail('auth.type must be "oauth2" or "bearer"')
  const scopes = data["scopes"]
  if (!Array.isArray(scopes) || scopes.some((scope) => typeof scope !== "string")) {
    return fail("auth.data.scopes must be an array of strings")
  }
  return {
    type: "oauth2",
    data: {
      authorizeUrl: url(data["authorizeUrl"], "auth.data.authorizeUrl"),
      tokenUrl: url(data["tokenUrl"], "auth.data.tokenUrl"),
      scopes: [...scopes],
      clientIdEnv: envName(data["clientIdEnv"], "auth.data.clientIdEnv"),
      clientSecretEnv: envName(data["clientSecretEnv"], "auth.data.clientSecretEnv"),
    },
  }
}

const readOutputs = (outputs: unknown): Declaration["outputs"] => {
  if (!isRecord(outputs)) return fail("outputs must be an object")
  const names = Object.keys(outputs)
  if (names.length === 0) fail("outputs must name at least one output")
  return names.map((name) => {
    if (!/^[a-z0-9][a-z0-9_-]{0,99}$/i.test(name)) {
      fail(`${JSON.stringify(name)} cannot be the name of an output: use letters, digits, - and _`)
    }
    const output = outputs[name]
    if (!isRecord(output)) return fail(`outputs.${name} must be an object, for example { description: "..." }`)
    const description = output["description"]
    return { name, description: description === undefined ? null : text(description, `outputs.${name}.description`) }
  })
}

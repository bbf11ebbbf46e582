import type { Declaration, UnknownDefinitionKey } from "../../services/domain/Description.ts"
import { readAuth } from "./authDeclaration.ts"
import { Findings, isRecord } from "./findings.ts"
import { textOf } from "./thrown.ts"

/** What `defineConnector` leaves on its result: the mark of a connector, and where it was called. */
const brand = Symbol.for("openislands.connector")
const site = Symbol.for("openislands.connector.site")

/** It never went through `defineConnector`. */
export class NotAConnector extends Error {}

/** What `defineConnector` was given isn't a definition: the message says which parts, and what they should be. */
export class InvalidDefinition extends Error {
  /** Of the call of `defineConnector`. */
  readonly site: string | null
  constructor(message: string, calledAt: string | null) {
    super(message)
    this.site = calledAt
  }
}

/** What a connector's author wrote. */
export interface Definition {
  readonly declaration: Declaration
  readonly unknownKeys: ReadonlyArray<UnknownDefinitionKey>
  /** The stack of the call of `defineConnector`; null when a kit of before left none. */
  readonly site: string | null
}

/** Of the standard that zod's schemas follow. */
const isSchema = (value: unknown): boolean =>
  isRecord(value) && isRecord(value["~standard"]) && typeof value["~standard"]["validate"] === "function"

const definitionKeys = ["description", "config", "schedule", "auth", "secrets", "outputs", "sync"]

/** Checks what `defineConnector` was given, without trusting its types: connectors may be plain JavaScript. */
export const readDefinition = (exported: unknown): Definition => {
  if (!isRecord(exported) || !(brand in exported)) {
    throw new NotAConnector("the default export is not the result of defineConnector(...)")
  }
  const findings = new Findings()
  const { config, sync } = exported
  const declaration = {
    description: findings.text(exported["description"], "description"),
    schedule: readSchedule(findings, exported["schedule"]),
    secrets: readSecrets(findings, exported["secrets"]),
    auth: readAuth(findings, exported["auth"]),
    outputs: readOutputs(findings, exported["outputs"]),
  }
  if (config !== undefined && !isSchema(config)) findings.wrong("config must be a zod schema", null)
  if (typeof sync !== "function") findings.wrong("sync must be a function", null)
  findings.onlyKeys(exported, "", definitionKeys)
  const { stack: calledAt } = textOf((exported as { readonly [site]?: unknown })[site])
  if (findings.problems.length > 0) throw new InvalidDefinition(`${findings}`, calledAt)
  return { declaration, unknownKeys: findings.unknownKeys, site: calledAt }
}

const readSchedule = (findings: Findings, schedule: unknown): Declaration["schedule"] => {
  if (schedule === undefined) return null
  if (typeof schedule === "string") return schedule
  if (!isRecord(schedule) || typeof schedule["cron"] !== "string") {
    return findings.wrong('schedule must be a string such as "6h" or { cron, timeZone }', null)
  }
  findings.onlyKeys(schedule, "schedule.", ["cron", "timeZone"])
  const { cron, timeZone } = schedule
  return timeZone === undefined ? { cron } : { cron, timeZone: findings.text(timeZone, "schedule.timeZone") }
}

const readSecrets = (findings: Findings, secrets: unknown): ReadonlyArray<string> => {
  if (secrets === undefined) return []
  if (!Array.isArray(secrets)) return findings.wrong("secrets must be an array of .env keys", [])
  return [...new Set(secrets.map((secret, index) => findings.envName(secret, `secrets[${index}]`)))]
}

const readOutputs = (findings: Findings, outputs: unknown): Declaration["outputs"] => {
  if (!isRecord(outputs) || Object.keys(outputs).length === 0) {
    return findings.wrong("outputs must be an object that names at least one output", [])
  }
  return Object.entries(outputs).map(([name, output]) => {
    if (!/^[a-z0-9][a-z0-9_-]{0,99}$/i.test(name)) {
      const shown = JSON.stringify(name.slice(0, 200))
      findings.wrong(`${shown} cannot be the name of an output: use letters, digits, - and _`, null)
    }
    if (!isRecord(output)) {
      const problem = `outputs.${name} must be an object, for example { description: "..." }`
      return findings.wrong(problem, { name, description: null, key: null })
    }
    findings.onlyKeys(output, `outputs.${name}.`, ["description", "key", "schema"])
    const { description, schema } = output
    if (schema !== undefined && !isSchema(schema)) findings.wrong(`outputs.${name}.schema must be a zod schema`, null)
    const what = `outputs.${name}.description`
    return {
      name,
      description: description === undefined ? null : findings.text(description, what),
      key: readKey(findings, output["key"], `outputs.${name}.key`),
    }
  })
}

const readKey = (findings: Findings, key: unknown, what: string): ReadonlyArray<string> | null => {
  if (key === undefined) return null
  const columns = Array.isArray(key) ? [...key] : [key]
  if (columns.length === 0 || columns.some((column) => typeof column !== "string" || column === "")) {
    return findings.wrong(`${what} must name a column, or be an array that names at least one`, null)
  }
  const again = columns.find((column, at) => columns.some((other, before) => before < at && isSame(column, other)))
  return again === undefined ? columns : findings.wrong(`${what} names ${JSON.stringify(again)} twice`, null)
}

/** As columns are: those that are equal but for case cannot both be in one row. */
const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

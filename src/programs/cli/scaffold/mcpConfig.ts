import { Effect, Schema } from "effect"
import { type ParseError, parse } from "jsonc-parser"
import { readFile } from "node:fs/promises"
import * as path from "node:path"
import { errnoOf } from "../../../layers/errno.ts"
import { Changes } from "./changes.ts"
import { insertProperty } from "./insertProperty.ts"

/** Where agents that work in a directory look for servers to start there. */
export const mcpConfig = ".mcp.json"

/** Runs a project's own copy or the user's, whichever there is; with neither it fails, instead of downloading one. */
const server = { command: "npx", args: ["--no", "openislands", "mcp"] }

export const mcpConfigText = `${JSON.stringify({ mcpServers: { openislands: server } }, null, 2)}\n`

/** Adds our server to those of a file that is there. False when it names one already, which stays as it is. */
export const addServer = Effect.fnUntraced(function* (directory: string) {
  const file = path.join(directory, mcpConfig)
  const changes = new Changes()
  return yield* Effect.tryPromise({
    try: async () => {
      const before = await readFile(file)
      const after = withServer(before.toString("utf8"))
      if (after === null) return false
      await changes.rewrite(file, before, after)
      return true
    },
    catch: (cause) => {
      const detail = cause instanceof NoPlace ? cause.message : `it cannot be changed (${errnoOf(cause)})`
      return new McpConfigKept({ file: mcpConfig, detail })
    },
  })
})

class NoPlace extends Error {}

const withServer = (text: string): string | null => {
  const errors: Array<ParseError> = []
  const config: unknown = parse(text, errors, { allowTrailingComma: true })
  if (errors.length > 0 || !isObject(config)) throw new NoPlace("it is no JSON object")
  const { mcpServers } = config
  if (mcpServers === undefined) {
    return insertProperty(text, [], "mcpServers", `{\n\t"openislands": ${JSON.stringify(server)}\n}`)
  }
  if (!isObject(mcpServers)) throw new NoPlace('its "mcpServers" is no object')
  if ("openislands" in mcpServers) return null
  return insertProperty(text, ["mcpServers"], "openislands", JSON.stringify(server))
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The user's own file, which has no place for our server: it is left alone. */
export class McpConfigKept extends Schema.TaggedError<McpConfigKept>()("McpConfigKept", {
  file: Schema.String,
  detail: Schema.String,
}) {
  override get message() {
    return `${this.file} doesn't tell agents of this project: ${this.detail}`
  }
  get suggestion() {
    return `Add to its "mcpServers": "openislands": ${JSON.stringify(server)}`
  }
}

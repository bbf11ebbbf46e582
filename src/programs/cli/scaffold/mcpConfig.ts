import { Effect, Schema } from "effect"
import { type ParseError, parse } from "jsonc-parser"
import { isUtf8 } from "node:buffer"
import { existsSync, realpathSync } from "node:fs"
import { readFile } from "node:fs/promises"
import * as path from "node:path"
import { errnoOf } from "../../../layers/errno.ts"
import { Changes } from "./changes.ts"
import { isIgnored } from "./gitignore.ts"
import { insertProperty } from "./insertProperty.ts"

/** Where agents that work in a directory look for servers to start there. */
export const mcpConfig = ".mcp.json"

/**
 * Runs the project's own copy, else the one on the PATH: entries that others of the project can use as well, and that fail
 * where there is neither, instead of downloading one. (npx doesn't look at the PATH, but where npm itself installs.) Else
 * the program that runs now is named by where it lies.
 */
const serverOf = (directory: string) => {
  if (hasProgram(path.join(directory, "node_modules", ".bin")))
    return { command: "npx", args: ["--no", program, "mcp"] }
  if (onPath().some(hasProgram)) return { command: program, args: ["mcp"] }
  return { command: process.execPath, args: [realpathSync(process.argv[1]!), "mcp"] }
}

const program = "openislands"

const hasProgram = (bin: string): boolean =>
  [program, `${program}.cmd`].some((name) => existsSync(path.join(bin, name)))

const onPath = (): ReadonlyArray<string> =>
  // npx itself puts directories of this kind there, of wherever it was started.
  (process.env["PATH"] ?? "")
    .split(path.delimiter)
    .filter((entry) => entry !== "" && !/[\\/]node_modules[\\/]\.bin[\\/]?$/.test(entry))

const isForOthers = (directory: string): boolean => !path.isAbsolute(serverOf(directory).command)

/** For the `.gitignore` of a new project: nobody else has a use for a file that names programs by where they lie. */
export const ofThisMachine = (directory: string): ReadonlyArray<string> =>
  isForOthers(directory) || existsSync(path.join(directory, mcpConfig))
    ? []
    : [`# It names programs by where they lie on this machine\n${mcpConfig}`]

/** For one that was written to just now. Null when others can use the file as well, or git leaves it alone. */
export const findMcpNotIgnored = Effect.fnUntraced(function* (directory: string) {
  if (isForOthers(directory) || (yield* isIgnored(directory, mcpConfig))) return null
  return new McpConfigNotIgnored({ file: mcpConfig })
})

export const mcpConfigText = (directory: string): string =>
  `${JSON.stringify({ mcpServers: { openislands: serverOf(directory) } }, null, 2)}\n`

/** Adds our server to those of a file that is there. False when it names one already, which stays as it is. */
export const addServer = Effect.fnUntraced(function* (directory: string) {
  const file = path.join(directory, mcpConfig)
  const changes = new Changes()
  return yield* Effect.tryPromise({
    try: async () => {
      const before = await readFile(file)
      if (!isUtf8(before)) throw new NoPlace("it is no UTF-8 text")
      const after = withServer(before.toString("utf8"), serverOf(directory))
      if (after === null) return false
      await changes.rewrite(file, before, after)
      return true
    },
    catch: (cause) => {
      const detail = cause instanceof NoPlace ? cause.message : `it cannot be changed (${errnoOf(cause)})`
      return new McpConfigKept({ file: mcpConfig, detail, server: serverOf(directory) })
    },
  })
})

class NoPlace extends Error {}

type Server = ReturnType<typeof serverOf>

const withServer = (text: string, server: Server): string | null => {
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
  server: Schema.Struct({ command: Schema.String, args: Schema.Array(Schema.String) }),
}) {
  override get message() {
    return `${this.file} doesn't tell agents of this project: ${this.detail}`
  }
  get suggestion() {
    return `Add to its "mcpServers": "openislands": ${JSON.stringify(this.server)}`
  }
}

/** A warning: the file would be committed. */
export class McpConfigNotIgnored extends Schema.TaggedError<McpConfigNotIgnored>()("McpConfigNotIgnored", {
  file: Schema.String,
}) {
  override get message() {
    return `${this.file} names programs by where they lie on this machine, and .gitignore does not name it`
  }
  get suggestion() {
    return `Add a line to .gitignore that says: ${this.file}. Or install openislands here, take "openislands" out of ${this.file} and run init again: it then names no path, which works for others, too.`
  }
}

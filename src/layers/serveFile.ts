import { Option, Schema } from "effect"
import { readFileSync } from "node:fs"
import { isAlive } from "./runs/processes.ts"

/** What `.openislands/serve.json` says to whoever looks for the server of a project. */
const Served = Schema.Struct({
  origin: Schema.String,
  pid: Schema.Int,
  /** Where it listens, when its origin doesn't say so: that may be of a proxy before it. */
  port: Schema.optionalKey(Schema.Int),
  /** False when it was told to leave that to others. */
  schedules: Schema.optionalKey(Schema.Boolean),
})
export type Served = typeof Served.Type

/** The port that an origin leads to. */
export const portOf = (origin: string): number => {
  const { port, protocol } = new URL(origin)
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port)
}

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Served))

/** Null when nobody serves it; the file of a server that was killed stays. */
export const readServed = (file: string): Served | null => {
  try {
    const served = Option.getOrNull(decode(readFileSync(file, "utf8")))
    return served !== null && isAlive(served.pid) ? served : null
  } catch {
    return null
  }
}

import { Effect, Layer, Logger } from "effect"
import { sayError } from "./output.ts"

/** What is logged reaches people as sentences on stderr: `warning: ...`. */
export const logger: Layer.Layer<never> = Logger.layer([
  Logger.make(({ logLevel, message }) => {
    const text = [message].flat().map(String).join(" ")
    Effect.runFork(sayError(`${words[logLevel] ?? ""}${text}`))
  }),
])

const words: Readonly<Record<string, string>> = { Warn: "warning: ", Error: "error: ", Fatal: "error: " }

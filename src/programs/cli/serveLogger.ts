import { Effect, Layer, Logger, References } from "effect"
import { printError, sayError } from "./output.ts"

/** What a server logs goes to stderr, each line with its time: for people, or a JSON document each. */
export const serveLogger = (form: "human" | "json"): Layer.Layer<never> =>
  Logger.layer([form === "json" ? json : human])

const human = Logger.make(({ date, logLevel, message }) => {
  const time = date.toTimeString().slice(0, 8)
  const text = [message].flat().map(String).join(" ")
  Effect.runFork(sayError(`${time}  ${words[logLevel] ?? ""}${text.replaceAll("\n", `\n${" ".repeat(10)}`)}`))
})

const words: Readonly<Record<string, string>> = { Warn: "warning: ", Error: "error: ", Fatal: "error: " }

const json = Logger.make(({ date, logLevel, message, fiber }) => {
  const text = [message].flat().map(String).join(" ")
  const facts = fiber.getRef(References.CurrentLogAnnotations)
  const document = { ...facts, time: date.toISOString(), level: logLevel.toLowerCase(), message: text }
  Effect.runFork(printError(JSON.stringify(document)))
})

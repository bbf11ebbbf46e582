import { Effect } from "effect"
import { readFile } from "node:fs/promises"
import { text } from "node:stream/consumers"
import { errnoOf } from "../../layers/errno.ts"
import { parseJson } from "../../layers/formats/losslessJson.ts"
import type { ActionCall } from "../../services/ActionService.ts"
import { UsageError } from "./failure.ts"

/** The JSON that a flag holds; integers keep all of their digits. */
export const jsonOf = (flag: string, written: string) =>
  Effect.try({
    try: () => parseJson(written),
    catch: (cause) => new UsageError(`${flag} is not valid JSON: ${(cause as Error).message}`, quoting),
  })

const quoting = `Quote it for the shell, such as '{"id":1}'.`

/** The JSON in a file, or what comes in where it is "-". */
export const jsonIn = Effect.fnUntraced(function* (flag: string, file: string) {
  const written = yield* Effect.tryPromise({
    try: () => (file === "-" ? text(process.stdin) : readFile(file, "utf8")),
    catch: (cause) =>
      new UsageError(`${flag}: cannot read ${file} (${errnoOf(cause)})`, "Name a file, or - for stdin."),
  })
  return yield* Effect.try({
    try: () => parseJson(written.replace(/^\uFEFF/, "")),
    catch: (cause) => {
      const name = file === "-" ? "stdin" : file
      return new UsageError(
        `${flag}: ${name} is not valid JSON: ${(cause as Error).message}`,
        "It has to hold a JSON array.",
      )
    },
  })
})

/** Several calls: a list of them, or `{ "calls": [...] }` as a program sends it. */
export const callsIn = Effect.fnUntraced(function* (file: string) {
  const document = yield* jsonIn("--calls", file)
  const calls = Array.isArray(document) ? document : (document as { readonly calls?: unknown } | null)?.calls
  if (Array.isArray(calls) && calls.every(isCall)) return calls as ReadonlyArray<ActionCall>
  return yield* new UsageError(
    `--calls: ${file} is no list of calls`,
    'A call is {"action", "rows"}, {"action", "match"} or {"action", "match", "set"}.',
  )
})

const keys = new Set(["action", "rows", "match", "set"])

const isCall = (call: unknown): boolean =>
  typeof call === "object" &&
  call !== null &&
  typeof (call as { readonly action?: unknown }).action === "string" &&
  Object.keys(call).every((key) => keys.has(key))

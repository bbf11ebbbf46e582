import { Effect } from "effect"
import { GlobalFlag, Flag } from "effect/cli"

export const json = GlobalFlag.Setting("json")({
  flag: Flag.Boolean("json").pipe(
    Flag.withDescription("Print exactly one JSON document on stdout"),
    Flag.withDefault(false),
  ),
})

/** Known before the command line has been parsed: wrong usage, too, is answered in JSON. */
export const wantsJson = (): boolean => {
  const end = process.argv.indexOf("--")
  return process.argv.slice(2, end === -1 ? undefined : end).includes("--json")
}

const write = (stream: NodeJS.WriteStream, text: string): Effect.Effect<void> =>
  Effect.callback((resume) => {
    // A closed pipe (`openislands runs | head`) is the reader's choice, not a failure.
    stream.once("error", () => resume(Effect.void))
    stream.write(text, () => resume(Effect.void))
  })

/** Text for people, or the lines of a document asked for. */
export const print = (text: string): Effect.Effect<void> => write(process.stdout, `${text}\n`)

export const printError = (text: string): Effect.Effect<void> => write(process.stderr, `${text}\n`)

export const printJson = (document: unknown): Effect.Effect<void> => print(JSON.stringify(document, null, 2))

/** One answer, in the form that was asked for. */
export const answer = <A>(document: A, forPeople: (document: A) => string): Effect.Effect<void> =>
  wantsJson() ? printJson(document) : print(forPeople(document))

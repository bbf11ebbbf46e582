import { Effect, Schema } from "effect"
import { GlobalFlag, Flag } from "effect/cli"
import { errnoOf } from "../../layers/errno.ts"
import { pasteable } from "./place.ts"

export const json = GlobalFlag.Setting("json")({
  flag: Flag.Boolean("json").pipe(
    Flag.withDescription("Print exactly one JSON document on stdout"),
    Flag.withDefault(false),
  ),
})

/** Known before the command line has been parsed: wrong usage, too, is answered in JSON. */
export const wantsJson = (): boolean => {
  const end = process.argv.indexOf("--")
  const words = process.argv.slice(2, end === -1 ? undefined : end)
  return words.some((word, at) =>
    word === "--json" ? !isNo(words[at + 1] ?? "") : word.startsWith("--json=") && !isNo(word.slice("--json=".length)),
  )
}

/** As effect/cli reads the value of a flag that needs none: behind an equals sign, or as the next word. */
const isNo = (text: string): boolean => ["false", "no", "off", "0", "n"].includes(text)

/** The system's code of the first write to stdout that failed; null while all went well. */
let failed: string | null = null

/** A closed pipe (`openislands runs | head`) is the reader's choice, not a failure. */
const closed = new Set(["EPIPE", "ECONNRESET", "ERR_STREAM_DESTROYED"])

const note = (cause: unknown): void => {
  const code = errnoOf(cause)
  if (!closed.has(code)) failed ??= code
}

/** For as long as the program runs: a stream tells of a failed write late, and one that nobody listens to ends the program. */
export const outliveReaders = (): void => {
  process.stdout.on("error", note)
  process.stderr.on("error", () => {}) // There is nowhere left to say it.
}

/** Fails when a part of what there was to print could not be written, as on a disk that is full. */
export const demandWritten = Effect.suspend(() =>
  failed === null ? Effect.void : Effect.fail(new OutputFailed({ code: failed })),
)

export class OutputFailed extends Schema.TaggedError<OutputFailed>()("OutputFailed", {
  code: Schema.String,
}) {
  override get message() {
    return `the output of this command could not be written (${this.code}), or not all of it`
  }
  get suggestion() {
    return "What the command does is done. Check the free space where its output goes, then look again."
  }
}

const write = (stream: NodeJS.WriteStream, text: string): Effect.Effect<void> =>
  Effect.callback((resume) => {
    stream.write(`${text.replace(drawing, escaped)}\n`, (cause) => {
      if (cause != null && stream === process.stdout) note(cause)
      resume(Effect.void)
    })
  })

/** What draws on a terminal instead of being shown: connectors and providers have a say in what we print. */
const drawing = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/** Text for people, or the lines of a document asked for. */
export const print = (text: string): Effect.Effect<void> => write(process.stdout, text)

export const printError = (text: string): Effect.Effect<void> => write(process.stderr, text)

/** Sentences of ours, with commands that can be pasted. */
export const say = (text: string): Effect.Effect<void> => print(pasteable(text))

export const sayError = (text: string): Effect.Effect<void> => printError(pasteable(text))

export const printJson = (document: unknown): Effect.Effect<void> => print(JSON.stringify(document, null, 2))

/** One answer, in the form that was asked for. */
export const answer = <A>(document: A, forPeople: (document: A) => string): Effect.Effect<void> =>
  wantsJson() ? printJson(document) : say(forPeople(document))

import { Cause, Data, Effect, Option } from "effect"
import { CliError, CliOutput } from "effect/cli"
import { errorDocument, type TaggedFailure } from "../../services/domain/ErrorDocument.ts"
import { asTyped } from "./helpDoc.ts"
import { meantBy } from "./otherNames.ts"
import { OutputFailed, printError, printJson, sayError, wantsJson } from "./output.ts"

/** Ends the program with this exit code; what there was to say has been said. */
export class Finished extends Data.TaggedError("Finished")<{ readonly code: number }> {}

/** The command line itself makes no sense. */
export class UsageError extends Data.TaggedError("UsageError")<{
  readonly message: string
  readonly suggestion: string
}> {
  constructor(message: string, suggestion = 'See "openislands --help".') {
    super({ message, suggestion })
  }
}

const isTagged = (error: unknown): error is TaggedFailure => error instanceof Error && "_tag" in error

/** 0 done, 1 something failed, 2 wrong usage, 70 a bug of ours. */
export const exitCodeOf = (cause: Cause.Cause<unknown>): number => {
  const error = Option.getOrNull(Cause.findErrorOption(cause))
  if (error instanceof Finished) return error.code
  if (error instanceof UsageError) return 2
  if (CliError.isCliError(error)) return error._tag === "ShowHelp" && error.errors.length === 0 ? 0 : 2
  return error === null ? 70 : 1
}

/** Shows a failure once, at the edge: as the one JSON document, or as a sentence with its next step. */
export const reportFailure = Effect.fnUntraced(function* <E>(cause: Cause.Cause<E>) {
  const error: unknown = Option.getOrNull(Cause.findErrorOption(cause))
  const silent = error instanceof Finished || CliError.isCliError(error) || Cause.hasInterruptsOnly(cause)
  if (!silent) {
    if (isTagged(error)) {
      if (wantsJson() && !(error instanceof OutputFailed)) yield* printJson({ error: errorDocument(error) })
      else yield* sayError(`error: ${error.message}${error.suggestion === undefined ? "" : `\n  ${error.suggestion}`}`)
    } else {
      yield* printError(`internal error: this is a bug in openislands\n${Cause.pretty(cause)}`)
      if (wantsJson())
        yield* printJson({ error: { _tag: "InternalError", message: "internal error", suggestion: null } })
    }
  }
  return yield* Effect.failCause(cause)
})

/** Wrong usage goes to stderr, so that stdout stays one JSON document or nothing; help that was asked for is output. */
export const usagePresenter: CliOutput.Presenter = {
  present: Effect.fnUntraced(function* (event) {
    if (event._tag === "Help") {
      return yield* CliOutput.defaultPresenter.present({ ...event, helpDoc: asTyped(event.helpDoc) })
    }
    if (event._tag !== "InvalidInvocation") return yield* CliOutput.defaultPresenter.present(event)
    // Below a message's first line is what may have been meant.
    const messages = event.errors.map(({ message }) => message.split("\n", 1)[0])
    const meant = event.errors.flatMap((error) => meantBy(error)).map((name) => `Did you mean "${name}"? `)
    const help = `See "${event.commandPath.join(" ")} --help".`
    const error = new UsageError(messages.join("; "), meant.join("") + help)
    if (wantsJson()) yield* printJson({ error: errorDocument(error) })
    else yield* sayError(`error: ${error.message}\n  ${error.suggestion}`)
  }),
}

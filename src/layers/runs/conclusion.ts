import { Cause, Clock, Effect, Exit, Option } from "effect"
import { errorDocument, type TaggedFailure } from "../../services/domain/ErrorDocument.ts"
import { Interrupted } from "../../services/domain/Interrupted.ts"
import { isName } from "../../services/domain/Name.ts"
import type { Run } from "../../services/domain/Run.ts"
import { RunLog } from "../../services/RunLog.ts"
import { redactDocument } from "../redaction.ts"
import type { Head } from "./attempt.ts"

/** Turns whatever came of an attempt into its run, recorded. */
export const conclude = Effect.fnUntraced(function* (
  head: Head,
  exit: Exit.Exit<Run, TaggedFailure>,
  redact: (text: string) => string,
) {
  if (Exit.isSuccess(exit)) return exit.value
  const log = yield* RunLog
  if (Cause.hasInterruptsOnly(exit.cause)) {
    // It may have come when the commit was done already: then the record is there, and the rows are.
    const recorded = yield* log.get(head.runId).pipe(Effect.option)
    if (Option.isSome(recorded)) return recorded.value
  }
  const document = redactDocument(documentOf(head, exit.cause), redact)
  const run: Run = {
    ...head,
    durationMs: (yield* Clock.currentTimeMillis) - Date.parse(head.startedAt),
    outcome: isBusy(exit.cause) ? "skipped" : "failure",
    datasets: {},
    dropped: {},
    schemaChanges: [],
    checkpoint_id: null,
    error: JSON.parse(JSON.stringify(document)),
  }
  // Text that is no name never becomes a file's.
  if (isName(head.connector)) {
    yield* log
      .append(run)
      .pipe(Effect.catch(({ message }) => Effect.logWarning(`this run could not be recorded: ${message}`)))
  }
  return run
})

const isBusy = (cause: Cause.Cause<TaggedFailure>): boolean =>
  Option.exists(Cause.findErrorOption(cause), ({ _tag }) => _tag === "SyncRunning")

/** Failures of a connector whose cause its log may tell. */
const brokeOff = new Set(["ConnectorCrashed", "ConnectorFailed", "ConnectorTimeout", "RetryLater"])

const documentOf = ({ connector, runId }: Head, cause: Cause.Cause<TaggedFailure>) => {
  const error = Option.getOrNull(Cause.findErrorOption(cause))
  if (error !== null) {
    const document = errorDocument(error)
    if (!brokeOff.has(error._tag)) return document
    return { ...document, suggestion: `${error.suggestion} "openislands logs ${runId}" shows what it logged before.` }
  }
  if (!Cause.hasDies(cause)) return errorDocument(new Interrupted({ connector }))
  return {
    _tag: "InternalError",
    message: `internal error: this is a bug in openislands (${Cause.squash(cause)})`,
    suggestion: `Nothing was written. "openislands logs ${runId}" shows where it happened.`,
  }
}

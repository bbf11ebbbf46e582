import { Cause, Clock, Duration, Effect, Exit, Option } from "effect"
import type { Committed } from "../../services/DatasetStore.ts"
import { type ErrorDocument, errorDocument, type TaggedFailure } from "../../services/domain/ErrorDocument.ts"
import { Interrupted } from "../../services/domain/Interrupted.ts"
import { isName } from "../../services/domain/Name.ts"
import type { Run } from "../../services/domain/Run.ts"
import { RunLog } from "../../services/RunLog.ts"
import { tellable } from "../redaction.ts"
import type { Head } from "./attempt.ts"
import { nothingYet } from "./soFar.ts"

interface Ending {
  readonly head: Head
  readonly exit: Exit.Exit<Run, TaggedFailure>
  /** What it had committed on its way. */
  readonly soFar: Committed
  readonly redact: (text: string) => string
  /** Makes what it is given as interruptible as whoever asked for the run. */
  readonly restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** Turns whatever came of an attempt into its run, recorded. */
export const conclude = Effect.fnUntraced(function* ({ head, exit, soFar, redact, restore }: Ending) {
  if (Exit.isSuccess(exit)) return exit.value
  const log = yield* RunLog
  if (Cause.hasInterruptsOnly(exit.cause) || isCancelled(exit.cause)) {
    // It may have come when the commit was done already: then the record is there, and the rows are.
    const recorded = yield* log.get(head.runId).pipe(Effect.option)
    if (Option.isSome(recorded) && recorded.value.outcome === "success") return recorded.value
  }
  const checkpoint = soFar.checkpoint_id
  const document = tellable(saying(checkpoint, documentOf(head, exit.cause)), redact)
  const run: Run = {
    ...head,
    durationMs: (yield* Clock.currentTimeMillis) - Date.parse(head.startedAt),
    ...(checkpoint === null ? nothingYet().committed : soFar),
    outcome: isBusy(exit.cause) ? "skipped" : checkpoint === null ? "failure" : "partial",
    error: JSON.parse(JSON.stringify(document)),
  }
  // Text that is no name never becomes a file's.
  if (isName(head.connector)) {
    const append = log.append(run).pipe(Effect.catch(({ message }) => unrecorded(message)))
    // Others may commit for as long as they like; whoever wants to go waits only for those who are about to be done.
    const recorded = yield* Effect.exit(restore(append))
    if (Exit.isFailure(recorded) && Cause.hasInterruptsOnly(recorded.cause)) {
      const orElse = () => unrecorded("others are committing")
      yield* append.pipe(Effect.timeoutOrElse({ duration: patience, orElse }))
    } else yield* recorded
  }
  return run
})

const unrecorded = (why: string) => Effect.logWarning(`this run could not be recorded: ${why}`)

const patience = Duration.seconds(3)

const isCancelled = (cause: Cause.Cause<TaggedFailure>): boolean =>
  Option.exists(Cause.findErrorOption(cause), ({ _tag }) => _tag === "SyncCancelled")

/** Errors say of themselves that nothing was written; of a run that had committed before, that is not all. */
const saying = (checkpoint: string | null, document: ErrorDocument): ErrorDocument => {
  if (checkpoint === null) return document
  const counting = ofRows.has(document._tag) ? "; rows are counted from there" : ""
  const stays = `What was committed before stays (checkpoint ${checkpoint})${counting}.`
  const rest = (document.suggestion ?? "").replace(/^Nothing was (written|changed)\. ?/, "")
  return {
    ...document,
    message: document.message.replace(/; nothing was written$/, ""),
    suggestion: rest === "" ? stays : `${stays} ${rest}`,
  }
}

/** Errors that tell a row by its number since the last commit. */
const ofRows = new Set(["RowError", "RowRefused", "SchemaDrift"])

const isBusy = (cause: Cause.Cause<TaggedFailure>): boolean =>
  Option.exists(Cause.findErrorOption(cause), ({ _tag }) => _tag === "SyncRunning")

/** Failures of a connector whose cause its log may tell. */
const brokeOff = new Set(["ConnectorCrashed", "ConnectorFailed", "ConnectorTimeout", "RetryLater"])

/** Its own lines, or one for each try. */
const hasLogged = (error: TaggedFailure): boolean => {
  const { log = [], retryable } = error as { readonly log?: ReadonlyArray<string>; readonly retryable?: boolean }
  return log.length > 0 || retryable === true
}

const documentOf = ({ connector, runId }: Head, cause: Cause.Cause<TaggedFailure>): ErrorDocument => {
  const error = Option.getOrNull(Cause.findErrorOption(cause))
  if (error !== null) {
    const document = errorDocument(error)
    if (!brokeOff.has(error._tag) || !hasLogged(error)) return document
    return { ...document, suggestion: `${error.suggestion} "openislands logs ${runId}" shows what it logged before.` }
  }
  if (!Cause.hasDies(cause)) return errorDocument(new Interrupted({ connector }))
  return {
    _tag: "InternalError",
    message: `internal error: this is a bug in openislands (${Cause.squash(cause)})`,
    suggestion: `Nothing was written. "openislands logs ${runId}" shows where it happened.`,
  }
}

import { Effect, Option, Schema } from "effect"
import { connectorOf } from "../../../layers/runs/runId.ts"
import { errorDocument } from "../../../services/domain/ErrorDocument.ts"
import { ListedRun, Run } from "../../../services/domain/Run.ts"
import { RunUnfinished } from "../../../services/domain/RunUnfinished.ts"
import { Events } from "../../../services/Events.ts"
import { RunLog } from "../../../services/RunLog.ts"
import { type SyncEvent, SyncService } from "../../../services/SyncService.ts"
import { asItStands, holderOf, runsOf } from "../../answers/runs.ts"
import { StartedSyncs } from "../../StartedSyncs.ts"
import { saying } from "../signIn.ts"
import { readsOnly, tool, ToolInputInvalid } from "../tool.ts"
import { whileTelling } from "../whileTelling.ts"

const { outcome: _outcome, runId, ...facts } = Run.fields

/** A run, or the id of one that goes on. */
const RunOrRunning = Schema.Struct({
  runId,
  outcome: ListedRun.fields.outcome,
  ...Object.fromEntries(
    Object.entries(facts).map(([name, schema]) => [name, Schema.optionalKey(schema as Schema.Constraint)]),
  ),
})

const seconds = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 600 })).annotate({
  description:
    "How long to wait for the end before answering that it goes on; 20 by default. Stay below your client's own limit",
})

export const runSync = tool({
  name: "run_sync",
  title: "Sync a connector",
  description: `Pulls one connector now and writes its rows. One sync is one transaction: either all of it is written, as a checkpoint that "rollback" undoes, or nothing is.

Answers the run: "outcome" success ("datasets" has the rows that it wrote, by dataset; "upserted" says of each upsert how many were new, changed, or unchanged: tell the user those, rather than the sum), failure (nothing was written; "error" says why and its "suggestion" what to do), partial (what was committed before the failure stays), skipped (another process is running it), or running (it takes longer than waitSeconds: it goes on by itself; ask get_run with its runId). Calling it again while it runs joins the same run.

"checkpoint_id" is what rollback takes to undo this run. Null means that nothing changed, also where "datasets" counts rows: they were those that are there already. Then there is nothing of this run to undo, and the newest checkpoint is another's.

With "full" it starts over, to repair what a connector got wrong: a checkpoint like any other, which can be undone. It waits for a run that is under way. SharedDataset: it would drop what others wrote, by an action, by hand or by another connector; ask the user, and only on their word call it again with "force".

On NotConnected, MissingSecrets or an error of the tokens' key a human has to do something: tell the user the words that come with the answer, and never ask for a secret's value. On SchemaDrift show the user the ways on that it names, and let them choose. LoadError and InvalidConfig: mend the file that it names, then validate. ConnectorFailed, ConnectorCrashed, RowError: read the log with get_run, mend the code, then preview_sync; where a host or a file was refused, ask the user first. UnknownConnector: list_connectors has the names.`,
  input: Schema.Struct({
    name: Schema.NonEmptyString.annotate({ description: "The connector, as list_connectors names it" }),
    waitSeconds: Schema.optionalKey(seconds),
    full: Schema.optionalKey(
      Schema.Boolean.annotate({
        description: "Start over: forget the cursor, and replace what this connector inserted before",
      }),
    ),
    force: Schema.optionalKey(
      Schema.Boolean.annotate({
        description: "With full, on the user's word only: drop rows that others wrote to the same datasets as well",
      }),
    ),
  }),
  output: RunOrRunning,
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  run: Effect.fnUntraced(function* ({ name, waitSeconds = 20, full = false, force = false }, context) {
    if (force && !full)
      return yield* new ToolInputInvalid({ tool: "run_sync", detail: '"force" only goes with "full"' })
    const syncs = yield* StartedSyncs
    return yield* whileTelling(
      context,
      Effect.fnUntraced(function* (onRows) {
        const onEvent = (event: SyncEvent) => void (event.type === "progress" && onRows(event.rows))
        const { runId: id, run } = yield* syncs.start(name, { trigger: "mcp", full: full ? { force } : null, onEvent })
        const ended = yield* run.pipe(Effect.timeoutOption(waitSeconds * 1000))
        if (ended._tag === "None") return { value: { outcome: "running", runId: id } }
        return { value: ended.value, ...(yield* saying(ended.value)) }
      }),
    )
  }),
})

export const listRuns = tool({
  name: "list_runs",
  title: "List runs",
  description: `What has run, newest first: each run's outcome (running: it goes on, and "datasets" has what it has committed by ctx.checkpoint so far, mostly nothing), with its rows per dataset, duration, checkpoint and error. Use it to find out when something began to fail; get_run has the log of one. UnknownConnector: list_connectors has the names.`,
  input: Schema.Struct({
    connector: Schema.optionalKey(Schema.NonEmptyString.annotate({ description: "Only the runs of this connector" })),
    limit: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 })).annotate({ description: "50 by default" }),
    ),
  }),
  output: Schema.Struct({ runs: Schema.Array(ListedRun) }),
  annotations: readsOnly,
  run: ({ connector, limit = 50 }) =>
    runsOf(connector ?? null, limit).pipe(Effect.map((runs) => ({ value: { runs } }))),
})

export const getRun = tool({
  name: "get_run",
  title: "Get a run",
  description: `One run by its id, with the lines it logged; also of a run that goes on ("outcome" running). "checkpoint_id" is what rollback takes to undo it; null means that it changed nothing, whatever rows it counts. Of a long log "lines" has the end, and "earlier" counts the lines before; "openislands logs" prints all to the user. Read the log when a connector's own code failed. UnknownRun: list_runs has those that are kept.`,
  input: Schema.Struct({ runId: Schema.NonEmptyString }),
  output: Schema.Struct({
    run: RunOrRunning,
    lines: Schema.Array(Schema.Struct({ at: Schema.String, stream: Schema.String, text: Schema.String })),
    earlier: Schema.Int,
  }),
  annotations: readsOnly,
  run: Effect.fnUntraced(function* ({ runId: id }) {
    const log = yield* RunLog
    // Asked first: one that ends meanwhile has its record by then.
    const goesOn = yield* isUnderWay(id)
    const lines = yield* log
      .lines(id)
      .pipe(Effect.catchTag("UnknownRun", (unknown) => (goesOn ? Effect.succeed([]) : Effect.fail(unknown))))
    const run = yield* log.get(id).pipe(
      Effect.flatMap(asItStands),
      Effect.catchTag("UnknownRun", () =>
        Effect.succeed(goesOn ? { runId: id, outcome: "running" as const } : brokenOff(id)),
      ),
    )
    const end = endOf(lines)
    return { value: { run, lines: end, earlier: lines.length - end.length } }
  }),
})

/** Lines, and characters of them, that an agent is given: a log of 10 MB would be all that it could think of. */
const mostLines = 1_000
const mostCharacters = 100_000

/** The last line at least. */
const endOf = <A extends { readonly text: string }>(lines: ReadonlyArray<A>): ReadonlyArray<A> => {
  let start = lines.length
  let characters = 0
  while (start > 0 && lines.length - start < mostLines) {
    characters += lines[start - 1]!.text.length
    if (characters > mostCharacters && start < lines.length) break
    start--
  }
  return lines.slice(start)
}

/** In this process, also before it has its lock, or in another one. */
const isUnderWay = Effect.fnUntraced(function* (id: string) {
  const events = Option.getOrNull(yield* Effect.serviceOption(Events))
  if (events?.underWay.get(connectorOf(id) ?? "")?.runId === id) return true
  return (yield* holderOf(id)) !== null
})

/** Its process died before it could record anything but what it logged. */
const brokenOff = (id: string) => {
  const error = new RunUnfinished({ connector: connectorOf(id) ?? "", checkpoint_id: null })
  return { runId: id, outcome: "failure" as const, checkpoint_id: null, error: errorDocument(error) }
}

export const cancelRun = tool({
  name: "cancel_run",
  title: "Cancel a run",
  description: `Ends a run that is under way, in whatever process it runs: this one, the dashboard's, or a command of the user's. Nothing of it is written but what it had committed already.

Only cancel what the user asked you to cancel, or what you started yourself. RunFinished means that it had ended before: look at it with get_run. UnknownRun: list_connectors has the ids of what runs, under "running". StillRunning: its process doesn't answer; tell the user.`,
  input: Schema.Struct({
    runId: Schema.NonEmptyString.annotate({ description: "As run_sync, or list_connectors under running, names it" }),
  }),
  output: Schema.Struct({ runId: Schema.String, cancelled: Schema.Boolean }),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  run: ({ runId: id }) =>
    SyncService.use((service) => service.cancel(id)).pipe(Effect.as({ value: { runId: id, cancelled: true } })),
})

import { Effect, Option, Schema } from "effect"
import { Checkpoint } from "../../../services/domain/Checkpoint.ts"
import { Events } from "../../../services/Events.ts"
import { History } from "../../../services/History.ts"
import { nothing, readsOnly, tool } from "../tool.ts"

export const listCheckpoints = tool({
  name: "list_checkpoints",
  title: "List checkpoints",
  description: `Everything that was written and can be undone, newest first: when, by what ("cause": a sync, an action, a rollback), the rows per dataset, and "undoneBy" (the rollback that undid it; null while it is in force). Call it before rollback, and for an id that query takes as "at".

StoreCorrupt: a file of the history is damaged; tell the user what its suggestion says.`,
  input: nothing,
  output: Schema.Struct({ checkpoints: Schema.Array(Checkpoint) }),
  annotations: readsOnly,
  run: () => History.use((history) => history.list).pipe(Effect.map((checkpoints) => ({ value: { checkpoints } }))),
})

export const rollback = tool({
  name: "rollback",
  title: "Undo a checkpoint",
  description: `Undoes a checkpoint, byte for byte and the connector's cursor included; without checkpoint_id the newest that is in force. What was written later to the same datasets goes with it ("undone" lists it all), so look at list_checkpoints first and ask the user when more than one would go.

It is a checkpoint itself: rolling it back by its id brings everything back. NothingToUndo: nothing is in force. UnknownCheckpoint: list_checkpoints has those that are kept. DatasetChanged means that a file was edited by hand since: ask the user before repeating it with force. CannotUndo: its suggestion has the way on, which is the user's. SyncRunning: wait for that run, see get_run.`,
  input: Schema.Struct({
    checkpoint_id: Schema.optionalKey(Schema.NonEmptyString),
    force: Schema.optionalKey(Schema.Boolean.annotate({ description: "Keep edits by hand, and go on" })),
  }),
  output: Schema.Struct({
    checkpoint_id: Schema.String,
    undone: Schema.Array(Schema.String),
    redone: Schema.Array(Schema.String),
    datasets: Checkpoint.fields.datasets,
  }),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
  run: Effect.fnUntraced(function* ({ checkpoint_id: checkpoint = null, force = false }) {
    const value = yield* History.use((history) => history.rollback(checkpoint, { force }))
    // Whoever looks at the dashboard sees it, where there is one in this process.
    const events = Option.getOrNull(yield* Effect.serviceOption(Events))
    events?.publish({ type: "checkpoint", checkpoint_id: value.checkpoint_id, connector: null, runId: null })
    return { value }
    // Whoever asked may be gone before it is done.
  }, Effect.uninterruptible),
})

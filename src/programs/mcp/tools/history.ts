import { Effect, Schema } from "effect"
import { Checkpoint, Turned } from "../../../services/domain/Checkpoint.ts"
import { type Foreseen, History } from "../../../services/History.ts"
import { turnedText } from "../../answers/rowWords.ts"
import { tellCheckpoint } from "../tellCheckpoint.ts"
import { nothing, readsOnly, tool } from "../tool.ts"

export const listCheckpoints = tool({
  name: "list_checkpoints",
  title: "List checkpoints",
  description: `Everything that was written and can be undone, newest first: when, by what ("cause": a sync, an action, a rollback), the rows per dataset ("upserted": how many of an upsert's were new, changed, unchanged), and "undoneBy" (the rollback that undid it; null while it is in force). Call it before rollback, and for an id that query takes as "at".

StoreCorrupt: a file of the history is damaged; tell the user what its suggestion says.`,
  input: nothing,
  output: Schema.Struct({ checkpoints: Schema.Array(Checkpoint) }),
  annotations: readsOnly,
  run: () => History.use((history) => history.list).pipe(Effect.map((checkpoints) => ({ value: { checkpoints } }))),
})

export const rollback = tool({
  name: "rollback",
  title: "Undo a checkpoint",
  description: `Undoes a checkpoint, byte for byte and the connector's cursor included. Give the "checkpoint_id" that run_sync, run_actions or list_checkpoints told you. Where that was null nothing was written and there is nothing to undo: the newest checkpoint is then somebody else's work.

What was written later to the same datasets goes with it ("undone" lists it all, and the words behind the answer say what each was), so look at list_checkpoints first and ask the user when more than one would go. "turned" tells, by dataset, what these had done: rows that each had brought ("new"), "changed" and "removed" (null where a replace was among them, which doesn't know), added up over so many "checkpoints", and by how many rows the dataset had "grown" through all of them together (null where that isn't known). It is a checkpoint itself: rolling it back by its id brings everything back.

UnknownCheckpoint: list_checkpoints has those that are kept. DatasetChanged means that a file was edited by hand since: ask the user before repeating it with force. CannotUndo: its suggestion has the way on, which is the user's. SyncRunning: wait for that run, see get_run.`,
  // On the command line it is the newest by default: there a human sees what goes, and means it.
  input: Schema.Struct({
    checkpoint_id: Schema.NonEmptyString.annotate({
      description: "Which one, as run_sync or list_checkpoints names it",
    }),
    force: Schema.optionalKey(Schema.Boolean.annotate({ description: "Keep edits by hand, and go on" })),
  }),
  output: Schema.Struct({
    checkpoint_id: Schema.String,
    undone: Schema.Array(Schema.String),
    redone: Schema.Array(Schema.String),
    datasets: Checkpoint.fields.datasets,
    turned: Schema.Record(Schema.String, Turned),
  }),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
  run: Effect.fnUntraced(function* ({ checkpoint_id: checkpoint, force = false }) {
    const history = yield* History
    const value = yield* history.rollback(checkpoint, { force })
    yield* tellCheckpoint(value.checkpoint_id)
    // It is done; that the list cannot be read is no failure of it.
    const checkpoints = yield* history.list.pipe(Effect.orElseSucceed(() => []))
    return { value, say: whatTurned(value, checkpoints) }
    // Whoever asked may be gone before it is done.
  }, Effect.uninterruptible),
})

/** Whose work went, or came back: an id alone doesn't show that it was another's than was meant. */
const whatTurned = ({ undone, redone, datasets, turned }: Foreseen, checkpoints: ReadonlyArray<Checkpoint>): string => {
  const told = (ids: ReadonlyArray<string>): string =>
    ids.map((id) => `${id} (${causeText(checkpoints.find(({ checkpoint_id }) => checkpoint_id === id))})`).join(", ")
  return [
    undone.length === 0 ? "" : `Undone: ${told(undone)}.`,
    redone.length === 0 ? "" : `Brought back: ${told(redone)}.`,
    ...Object.entries(turned).map(
      ([name, one]) => `${name}: ${turnedText(one, datasets[name]?.mode === "redo", String)}.`,
    ),
  ]
    .filter((sentence) => sentence !== "")
    .join(" ")
}

const causeText = (checkpoint: Checkpoint | undefined): string => {
  if (checkpoint === undefined) return "no longer listed"
  const { type, connector, action } = checkpoint.cause
  if (type === "rollback") return "a rollback"
  return type === "sync" ? `a sync of "${connector}"` : `by hand: ${action ?? "actions"}`
}

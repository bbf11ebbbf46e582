import { Effect, Schema } from "effect"
import { ActionService } from "../../../services/ActionService.ts"
import { ActionInfo, ActionsDone } from "../../../services/domain/Action.ts"
import { tellCheckpoint } from "../tellCheckpoint.ts"
import { nothing, readsOnly, tool } from "../tool.ts"

export const listActions = tool({
  name: "list_actions",
  title: "List actions",
  description: `What can be written by hand with run_actions: each action that manifest.json declares, its dataset and mode, and the fields that its rows may have. Call it before run_actions.

"mode" says what a call does: insert adds rows, replace puts rows in the place of all that are there, delete removes the rows that match, update changes them. Of each field: "type", "required" (a row of insert or replace must have it, and not null), "enum", "min" and "max" (what is allowed), "default" (what a row gets that lacks it and need not have it; null is null, also where no default is declared. A field with "required" has none). Empty "fields" with no "error": the dataset is empty, and the first rows settle its columns. "error" says why the dataset cannot be read; its "suggestion" is the next step.`,
  input: nothing,
  output: Schema.Struct({ actions: Schema.Array(ActionInfo) }),
  annotations: readsOnly,
  run: () => ActionService.use((service) => service.list).pipe(Effect.map((actions) => ({ value: { actions } }))),
})

const Cells = Schema.Record(Schema.String, Schema.Json)

const Call = Schema.Struct({
  action: Schema.NonEmptyString.annotate({ description: "As list_actions names it" }),
  rows: Schema.optionalKey(Schema.Array(Cells).annotate({ description: "For insert and replace" })),
  match: Schema.optionalKey(
    Cells.annotate({ description: "For delete and update: the rows that have these values; null equals null" }),
  ),
  set: Schema.optionalKey(Cells.annotate({ description: "For update: the columns to change, and their values" })),
})

export const runActions = tool({
  name: "run_actions",
  title: "Write rows by hand",
  description: `Does the calls in their order, as one transaction: either all of it is written, as one checkpoint that "rollback" undoes, or nothing is. Use it when the user asks to note, correct or remove something; for a provider's data use run_sync.

Each call names an action and has "rows" (insert, replace), "match" (delete), or "match" and "set" (update). Before replace, delete and update make sure which rows the user means; an empty "match" is refused. Dates are texts like "2026-01-31", timestamps like "2026-01-31T12:00:00Z".

Answers per dataset how many rows were written, changed or removed; "checkpoint_id" null and 0 rows mean that nothing matched. On ActionRejected each of "problems" names the call, the row (counted from 0, in the messages from 1) and the field, with what was expected: correct them and send all calls again. On UnknownAction look at list_actions. ActionRefused says what is wrong with a call whatever its rows are. DatasetChanged: the file was edited by hand and no longer fits; tell the user.`,
  // As a non-empty array it would be a tuple with a rest, a schema that some models' providers refuse.
  input: Schema.Struct({ calls: Schema.Array(Call).check(Schema.isMinLength(1)) }),
  output: ActionsDone,
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
  run: Effect.fnUntraced(function* ({ calls }) {
    const value = yield* ActionService.use((service) => service.run(calls))
    yield* tellCheckpoint(value.checkpoint_id)
    return { value }
    // Whoever asked may be gone before it is done.
  }, Effect.uninterruptible),
})

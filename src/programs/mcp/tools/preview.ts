import { Effect, Schema } from "effect"
import { Preview } from "../../../services/domain/Preview.ts"
import { PreviewService } from "../../../services/PreviewService.ts"
import { saying } from "../signIn.ts"
import { tool } from "../tool.ts"
import { whileTelling } from "../whileTelling.ts"

export const previewSync = tool({
  name: "preview_sync",
  title: "Preview a sync",
  description: `Runs a connector against its provider and answers what a sync would do, without writing a row, a cursor or a record. Call it after "validate" is ok and before the first run_sync, and after each change of a connector's code; show the user the "sample" rows.

Look at: "outcome" (success: run_sync would write this; failure: "error" says why and its "suggestion" what to do), "datasets" (by dataset: columns with their types, "inserted", "replaced", "merged" and how many of these would stay as they are, "unchanged"; up to 5 rows in "sample", of an upsert each key once and as it would stand, and how many "more" there are; "misfit", the first row that doesn't fit and its columns), "dropped" (rows of outputs that no dataset is mapped to), "drift" (rows that no longer fit their dataset), "log" (the end of what the connector printed), "requests" (how many it made; null where its process was ended before it could tell), "written" (of a connector that failed: how many rows it had written by then, by output).

On NotConnected, MissingSecrets or an error of the tokens' key tell the user the words that come with the answer. SyncRunning: it is being synced; wait, or look with get_run. UnknownConnector: list_connectors has the names. Other errors are those of run_sync.`,
  input: Schema.Struct({
    name: Schema.NonEmptyString.annotate({ description: "The connector, as list_connectors names it" }),
  }),
  output: Preview,
  // It writes nothing, and yet a client should ask before it runs code that may have been written a minute ago.
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  run: Effect.fnUntraced(function* ({ name }, context) {
    const previews = yield* PreviewService
    const value = yield* whileTelling(context, (onProgress) => previews.preview(name, { onProgress }))
    return { value, ...(yield* saying(value)) }
  }),
})

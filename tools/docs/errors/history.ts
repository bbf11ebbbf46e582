import { CannotUndo, NothingToUndo, UnknownCheckpoint } from "../../../src/services/History.ts"
import type { ErrorChapter } from "./chapter.ts"

export const history: ErrorChapter = {
  title: "Undo",
  where: "`rollback`, and what does the same on the dashboard, over HTTP and over MCP; `query --at`.",
  examples: [
    [new NothingToUndo({ rollback: "00000003-u6y7" }), "No checkpoint is left that is neither undone nor a rollback."],
    [
      new UnknownCheckpoint({ checkpoint: "00000009-zzzz" }),
      "There is no checkpoint of this id among those that are kept.",
    ],
    [
      new CannotUndo({
        checkpoint: "00000002-4dc2",
        detail: "data/people.csv was edited at or before the synced rows",
        next: "Take the edit back and try again, or remove the rows by hand.",
      }),
      "Undoing it would lose something, or what it needs is gone. `detail` says which.",
    ],
  ],
}

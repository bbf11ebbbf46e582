import { Effect } from "effect"
import { Command } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import type { LogLine } from "../../../services/ConnectorHost.ts"
import { PreviewService } from "../../../services/PreviewService.ts"
import { keepEditorFiles } from "../editorFiles.ts"
import { Finished } from "../failure.ts"
import { print, printError, printJson, wantsJson } from "../output.ts"
import { previewText } from "../previewText.ts"
import { projectFlag, resolveTarget, targets } from "../target.ts"
import { theOnly } from "../theOnly.ts"
import { isTry } from "../tries.ts"

export const preview = Command.make(
  "preview",
  { targets: targets("connector"), project: projectFlag },
  Effect.fn("cli.preview")(function* ({ targets, project }) {
    const { directory, rest } = yield* resolveTarget(targets, project, 1)
    const previewed = yield* Effect.gen(function* () {
      const connector = rest[0] ?? (yield* theOnly("openislands preview <connector>"))
      const previewed = yield* PreviewService.use((previews) => previews.preview(connector, { onLine: showTry }))
      yield* keepEditorFiles
      return previewed
    }).pipe(Effect.provide(coreAt(directory)))
    yield* wantsJson() ? printJson(previewed) : print(previewText(previewed))
    if (previewed.outcome !== "success") return yield* new Finished({ code: 1 })
  }),
).pipe(
  Command.withDescription("Run a connector against its provider and show what a sync would do; nothing is written"),
  Command.withExamples([
    {
      command: "openislands preview weather",
      description: "Show which rows a sync would write, and where its cursor would be",
    },
  ]),
)

/** On a terminal, where somebody waits: all of the log is in the answer. */
const showTry = (line: LogLine): void => {
  if (process.stderr.isTTY && isTry(line)) Effect.runFork(printError(line.text.replace(/\p{Cc}/gu, "?")))
}

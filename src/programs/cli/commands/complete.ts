import { Effect } from "effect"
import { Argument, Command } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import { History } from "../../../services/History.ts"
import { ManifestService } from "../../../services/ManifestService.ts"
import type { RunLocks } from "../../../services/RunLocks.ts"
import type { RunLog } from "../../../services/RunLog.ts"
import { runsOf } from "../../answers/runs.ts"
import { print } from "../output.ts"
import { isProject } from "../target.ts"

type Names = Effect.Effect<ReadonlyArray<string>, unknown, ManifestService | History | RunLocks | RunLog>

const connectors: Names = ManifestService.use(({ load }) => load).pipe(
  Effect.map(({ connectorNames }) => connectorNames),
)
const datasets: Names = ManifestService.use(({ load }) => load).pipe(
  Effect.map(({ manifest }) => [...manifest.datasets.keys()]),
)
const actions: Names = ManifestService.use(({ load }) => load).pipe(
  Effect.map(({ manifest }) => [...manifest.actions.keys()]),
)
const checkpoints: Names = History.use(({ list }) => list).pipe(
  Effect.map((all) => all.map(({ checkpoint_id }) => checkpoint_id)),
)
const runs: Names = runsOf(null, 20).pipe(Effect.map((all) => all.map(({ runId }) => runId)))

const names: Readonly<Record<string, Names>> = {
  preview: connectors,
  sync: connectors,
  runs: connectors,
  contract: datasets,
  action: actions,
  rollback: checkpoints,
  logs: runs,
  cancel: runs,
}

/** The commands that take a name of the project. */
export const named: ReadonlyArray<string> = Object.keys(names)

/** For the shells' completions: what can stand after these words of a command line, one a line. */
export const complete = Command.make(
  "complete",
  { words: Argument.String("word").pipe(Argument.variadic()) },
  Effect.fn("cli.complete")(function* ({ words }) {
    const command = words[0] ?? ""
    if (!Object.hasOwn(names, command)) return
    const found = yield* names[command]!.pipe(
      Effect.provide(coreAt(projectIn(words))),
      // Nobody has asked yet. Whoever runs the command then is told what is wrong with the project.
      Effect.orElseSucceed(() => []),
    )
    const usable = found.filter((name) => isWord.test(name))
    if (usable.length > 0) yield* print(usable.join("\n"))
  }),
).pipe(Command.withDescription("Print what can stand after these words; for the shells"), Command.unlisted)

/**
 * What any shell takes as it is. A manifest from elsewhere may call a connector `$(rm -r x)`, which some shells would run
 * to complete it; nothing of that name can be used anyway.
 */
const isWord = /^[a-z0-9][\w-]*$/i

/** bash gives the equals sign of `--project=there` as a word of its own, others as part of the word. */
const projectIn = (words: ReadonlyArray<string>): string => {
  const parts = words.flatMap((word) => word.split(/(?<=^--project)=|^=$/)).filter((word) => word !== "")
  const flag = parts.findIndex((word) => word === "-p" || word === "--project")
  return flag === -1 ? (parts.slice(1).find(isProject) ?? ".") : (parts[flag + 1] ?? ".")
}

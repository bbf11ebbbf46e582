import { Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import type { Cause, Checkpoint } from "../../../services/domain/Checkpoint.ts"
import { History } from "../../../services/History.ts"
import { ManifestService } from "../../../services/ManifestService.ts"
import { UsageError } from "../failure.ts"
import { turnedText, cameText } from "../../answers/rowWords.ts"
import { answer } from "../output.ts"
import { count, shown } from "../runText.ts"
import { demandProject, projectFlag, resolveTarget, targets } from "../target.ts"

const prune = Flag.Boolean("prune").pipe(
  Flag.withDescription('Forget the oldest checkpoints beyond the manifest\'s "history"; the data stays'),
  Flag.withDefault(false),
)

const keep = Flag.Int("keep").pipe(
  Flag.withDescription("With --prune: how many of the newest to keep, instead of what the manifest says"),
  Flag.filter(
    (number) => number >= 1,
    () => "1 or more: the newest checkpoint is always kept",
  ),
  Flag.optional,
)

export const history = Command.make(
  "history",
  { targets: targets("directory"), project: projectFlag, prune, keep },
  Effect.fn("cli.history")(function* ({ targets, project, prune, keep }) {
    const { directory } = yield* resolveTarget(targets, project, 0)
    if (Option.isSome(keep) && !prune) {
      return yield* new UsageError(
        "--keep only goes with --prune",
        `To forget all checkpoints but the newest ${keep.value}: openislands history --prune --keep ${keep.value}`,
      )
    }
    yield* demandProject(directory)
    yield* Effect.gen(function* () {
      const limits = prune ? yield* limitsOf(keep) : null
      const pruned = limits === null ? null : yield* History.use((history) => history.prune(limits))
      const checkpoints = yield* History.use((history) => history.list)
      if (pruned === null) yield* answer({ checkpoints }, listed)
      else yield* answer({ checkpoints, pruned }, (kept) => prunedText(kept, Option.getOrNull(keep)))
    }).pipe(Effect.provide(coreAt(directory)))
  }),
).pipe(
  Command.withDescription("List the checkpoints, the newest first; each can be undone"),
  Command.withExamples([
    { command: "openislands history", description: "List what can be undone, the newest first" },
    { command: "openislands history --prune --keep 10", description: "Forget all but the newest 10 checkpoints" },
  ]),
)

/** A number that is given needs no manifest, which may be broken. */
const limitsOf = Effect.fnUntraced(function* (keep: Option.Option<number>) {
  if (Option.isSome(keep)) return { checkpoints: keep.value, bytes: Number.MAX_SAFE_INTEGER, exactly: true }
  return (yield* ManifestService.use((manifests) => manifests.load)).manifest.history
})

interface Kept {
  readonly checkpoints: ReadonlyArray<Checkpoint>
}

const prunedText = (
  { checkpoints, pruned }: Kept & { readonly pruned: ReadonlyArray<string> },
  keep: number | null,
) => {
  const facts = `forgotten: ${count(pruned.length, "checkpoint")}; kept: ${checkpoints.length}`
  return keep === null || checkpoints.length <= keep ? facts : `${facts}, for a rollback among them needs what it undid`
}

const listed = ({ checkpoints }: Kept): string =>
  checkpoints.length === 0 ? "no checkpoints: nothing has been written yet" : checkpoints.map(line).join("\n")

const line = ({ checkpoint_id, at, cause, datasets, upserted, turned, undoneBy }: Checkpoint): string => {
  const undone = undoneBy === null ? [] : [`(undone by ${undoneBy})`]
  const isKnown = Object.keys(turned).length > 0
  const rows = isKnown ? turnsText({ datasets, turned }).join("; ") : changesText(datasets, upserted)
  const what = rows === "" ? cursorOnly : rows
  return [checkpoint_id, at, causeText(cause), what, ...undone].join("  ")
}

/** Of what changed no dataset. */
export const cursorOnly = "no rows, only the cursor moved"

/** What a rollback did to each dataset. */
export const turnsText = ({ datasets, turned }: Pick<Checkpoint, "datasets" | "turned">): ReadonlyArray<string> =>
  Object.entries(turned).map(([name, one]) => `${name}: ${turnedText(one, datasets[name]?.mode === "redo", shown)}`)

const causeText = ({ type, connector, action }: Cause): string =>
  [type, connector ?? action].filter((part) => part !== null).join(" ")

export const changesText = (datasets: Checkpoint["datasets"], upserted: Checkpoint["upserted"] = {}): string =>
  Object.entries(datasets)
    .map(([dataset, { mode, rows }]) => {
      const came = cameText(upserted, dataset, rows, shown)
      return `${dataset} ${changeText(mode, rows)}${came === "" ? "" : ` (${came})`}`
    })
    .join(", ")

/** What has no rows of its own: a change of types, and its undo. */
const changeText = (mode: Checkpoint["datasets"][string]["mode"], rows: number): string =>
  rows === 0 && mode !== "replace" ? mode : `${mode} ${count(rows, "row")}`

import { Effect, Option } from "effect"
import { Flag, Command } from "effect/cli"
import { readFile } from "node:fs/promises"
import { text } from "node:stream/consumers"
import { coreAt } from "../../../layers/Core.ts"
import { errnoOf } from "../../../layers/errno.ts"
import { QueryService } from "../../../services/QueryService.ts"
import { UsageError } from "../failure.ts"
import { misplaced } from "../misplaced.ts"
import { print, printJson, wantsJson } from "../output.ts"
import { mostRows, tableText } from "../tableText.ts"
import { isProject, projectFlag, resolveTarget, targets } from "../target.ts"

const at = Flag.String("at").pipe(
  Flag.withMetavar("checkpoint"),
  Flag.withDescription("Read the datasets as they were right after this checkpoint"),
  Flag.optional,
)

const limit = Flag.Int("limit").pipe(
  Flag.withDescription("Rows at most, up to 100,000"),
  Flag.filter(
    (number) => number >= 1 && number <= mostRows,
    () => "an integer from 1 to 100,000",
  ),
  Flag.withDefault(1_000),
)

const file = Flag.String("file").pipe(
  Flag.withAlias("f"),
  Flag.withMetavar("file.sql"),
  Flag.withDescription("Read the SQL from a file, or with - from stdin"),
  Flag.optional,
)

export const query = Command.make(
  "query",
  { targets: targets("sql"), project: projectFlag, at, limit, file },
  Effect.fn("cli.query")(function* ({ targets, project, at, limit, file }) {
    const { before, sql } = yield* askedOf(targets, file)
    const { directory } = yield* resolveTarget(before, project, 0)
    if (sql === null) {
      return yield* new UsageError("which query?", 'Write it out: openislands query "SELECT * FROM <dataset>"')
    }
    const options = { at: Option.getOrNull(at), limit }
    const found = yield* QueryService.use((queries) => queries.query(sql, options)).pipe(
      Effect.provide(coreAt(directory)),
    )
    yield* wantsJson() ? printJson(found) : print(tableText(found, limit))
  }),
).pipe(
  Command.withDescription("Ask the datasets one SELECT in DuckDB's SQL; it reads nothing else and changes nothing"),
  Command.withExamples([
    {
      command: 'openislands query "SELECT station, max(temp_max) FROM observations GROUP BY station"',
      description: "Ask the datasets",
    },
    {
      command: "openislands query --file report.sql --limit 100000 --json",
      description: "Ask what a file says, with more rows, for a program to read",
    },
    {
      command: 'openislands query "SELECT count(*) FROM observations" --at 00000001-8y5w',
      description: "As it was right after a checkpoint",
    },
  ]),
)

/** SQL has slashes and dots like a path, so what comes last is the SQL, unless a file has it. Null: there is none. */
const askedOf = Effect.fnUntraced(function* (targets: ReadonlyArray<string>, file: Option.Option<string>) {
  if (Option.isSome(file)) return { before: targets, sql: yield* contentOf(file.value) }
  const last = targets.at(-1)
  const isSwapped = last !== undefined && targets.length > 1 && isProject(last) && !isProject(targets[0]!)
  if (isSwapped) return yield* yield* misplaced(targets, last, isProject)
  if (last === undefined || (targets.length === 1 && isProject(last))) return { before: targets, sql: null }
  return { before: targets.slice(0, -1), sql: last === "-" ? yield* contentOf(last) : last }
})

const contentOf = (file: string) =>
  Effect.tryPromise({
    try: async () => (file === "-" ? await text(process.stdin) : (await readFile(file, "utf8")).replace(/^\uFEFF/, "")),
    catch: (cause) =>
      new UsageError(`cannot read the query from ${file} (${errnoOf(cause)})`, "Name a file with SQL, or - for stdin."),
  })

import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import { keepEditorFiles } from "../editorFiles.ts"
import { UsageError } from "../failure.ts"
import { answer } from "../output.ts"
import { authTypes } from "../scaffold/connectorFiles.ts"
import { type NewConnector, newConnector } from "../scaffold/newConnector.ts"
import { pagings } from "../scaffold/paging.ts"
import { projectFlag, resolveTarget, targets } from "../target.ts"

const auth = Flag.Literals("auth", authTypes).pipe(
  Flag.withDescription(
    "How it signs in: not at all (default), by a key that it sends itself, by a bearer token (both in .env), or in the browser",
  ),
  Flag.withDefault("none" as const),
)

const paging = Flag.Literals("paging", pagings).pipe(
  Flag.withDescription(
    "How one page leads to the next: a cursor in the answer (default), page numbers, a Link header, or one page only",
  ),
  Flag.withDefault("cursor" as const),
)

export const make = Command.make(
  "new",
  { targets: targets("name"), project: projectFlag, auth, paging },
  Effect.fn("cli.new")(function* ({ targets, project, auth, paging }) {
    const { directory, rest } = yield* resolveTarget(targets, project, 1)
    const [name] = rest
    if (name === undefined) {
      return yield* new UsageError("which name?", "Name the connector: openislands new <name>")
    }
    const made = yield* newConnector(name, auth, paging).pipe(
      Effect.tap(keepEditorFiles),
      Effect.provide(coreAt(directory)),
    )
    yield* answer(made, forPeople)
  }),
).pipe(
  Command.withDescription("Write a new connector with its test, and declare it; nothing is ever overwritten"),
  Command.withExamples([
    { command: "openislands new people", description: "Write connectors/people for a provider that wants no key" },
    {
      command: "openislands new notes --auth bearer --paging link",
      description: "For a token, and pages by a Link header",
    },
    { command: "openislands new meter --auth key", description: "For a key in a header such as X-Api-Key" },
    { command: "openislands new my-bank --auth oauth2", description: "For a provider where a human signs in" },
  ]),
)

const forPeople = ({ connector, created, changed, datasets, env, redirectUri }: NewConnector): string =>
  [
    `connector ${connector}, which fills ${Object.values(datasets)
      .map((name) => `dataset "${name}"`)
      .join(", ")}`,
    ...created.map((file) => `  created ${file}`),
    ...changed.map((file) => `  changed ${file}`),
    ...(env.length === 0 ? [] : [`it needs in .env: ${env.map((key) => `${key}=...`).join(" ")}`]),
    ...(redirectUri === null
      ? [`next: put your provider's address and rows into ${created[0]}, then run: openislands preview ${connector}`]
      : signInSteps(connector, created[0] ?? "", redirectUri)),
  ].join("\n")

/** Nothing runs before a human has signed in. */
const signInSteps = (connector: string, file: string, redirectUri: string): ReadonlyArray<string> => [
  "next:",
  `  1. put your provider's addresses, scopes and rows into ${file}`,
  `  2. register an app with the provider, with the redirect URI ${redirectUri}`,
  "  3. put its client id and client secret into .env, as above",
  `  4. run: openislands serve, open ${new URL(redirectUri).origin} and click Connect on "${connector}"`,
  `  5. then run: openislands preview ${connector}`,
]

import { Effect, Layer, Option } from "effect"
import { CliOutput, Command, type HelpDoc } from "effect/cli"
import packageJson from "../../package.json" with { type: "json" }
import { asTyped } from "../../src/programs/cli/helpDoc.ts"
import { platform } from "../../src/programs/cli/platform.ts"
import { openislands } from "../../src/programs/cli/root.ts"
import { jsonAnswers } from "./jsonAnswers.ts"
import { code, fence, paragraphs, table } from "./markdown.ts"

/** What `openislands <command> --help` shows, before it is laid out for a terminal. */
const helpOf = (command: ReadonlyArray<string>): Effect.Effect<HelpDoc.HelpDoc, unknown> =>
  Effect.gen(function* () {
    const seen: Array<HelpDoc.HelpDoc> = []
    const presenter: CliOutput.Presenter = {
      present: (event) =>
        Effect.sync(() => {
          if (event._tag === "Help") seen.push(asTyped(event.helpDoc))
        }),
    }
    yield* Command.runWith(openislands, { version: packageJson.version })([...command, "--help"]).pipe(
      Effect.provide(Layer.mergeAll(platform, CliOutput.layerPresenter(presenter))),
    )
    const [doc] = seen
    return doc ?? (yield* Effect.fail(new Error(`${command.join(" ")} --help shows nothing`)))
  })

const flagRow = ({ name, aliases, type, description }: HelpDoc.FlagDoc): ReadonlyArray<string> => {
  const written = [`--${name}`, ...aliases].map(code).join(", ")
  const value = type === "boolean" || type === "" ? "" : ` ${code(type)}`
  return [`${written}${value}`, Option.getOrElse(description, () => "")]
}

const flags = (docs: ReadonlyArray<HelpDoc.FlagDoc>): string => table(["flag", ""], docs.map(flagRow))

const examples = (docs: ReadonlyArray<HelpDoc.ExampleDoc>): string => {
  const shown = docs.map(({ command, description }) =>
    description === undefined ? command : `# ${description}\n${command}`,
  )
  return shown.length === 0 ? "" : fence("sh", shown.join("\n\n"))
}

const answerOf = (name: string): string => {
  const answer = jsonAnswers[name]
  if (answer === undefined) throw new Error(`tools/docs/jsonAnswers.ts doesn't say what ${name} --json prints`)
  return answer
}

const chapter = (name: string, doc: HelpDoc.HelpDoc): string =>
  paragraphs(
    `## ${name}`,
    `${doc.description}.`,
    fence("", doc.usage),
    flags(doc.flags),
    examples(doc.examples ?? []),
    `With ${code("--json")}: ${answerOf(name)}`,
  )

const preface = `# The command line

This page is generated from the commands' own definition by \`npm run docs\`; a test holds it current. \`openislands --help\`
and \`openislands <command> --help\` show the same.

In a checkout each command is \`npx openislands <command>\`, and in a project that has OpenIslands installed as well. A
command takes the project's directory first (\`openislands sync my-data whoop\`), or as \`--project\`, or uses
the current one.

\`--json\` prints exactly one JSON document on stdout instead of text; everything else goes to stderr. Keys are camelCase
but for \`checkpoint_id\`, times are ISO 8601 in UTC, and what is absent is \`null\`. A failure is
\`{"error": {"_tag", "message", "suggestion", ...}}\`, see [errors](errors.md). Types that are named below are spelt out in
[the HTTP API](http.md#types), which answers with the same ones.

Shells complete commands, flags, and the project's own names and paths: \`openislands --completions bash\` (or \`zsh\`,
\`fish\`, \`powershell\`) prints the script, which says at its top where it goes.

| exit code | |
| --- | --- |
| 0 | done |
| 1 | something failed |
| 2 | wrong usage |
| 70 | a bug of ours: \`internal error\` |
| 130 | interrupted, by Ctrl-C |`

/** docs/cli.md. */
export const cliPage: Effect.Effect<string, unknown> = Effect.gen(function* () {
  const root = yield* helpOf([])
  const names = (root.subcommands ?? []).flatMap(({ commands }) => commands.map(({ name }) => name))
  const chapters = yield* Effect.forEach(names, (name) => helpOf([name]).pipe(Effect.map((doc) => chapter(name, doc))))
  const everywhere = paragraphs("## Flags of every command", flags(root.globalFlags ?? []))
  return paragraphs(preface, ...chapters, everywhere)
})

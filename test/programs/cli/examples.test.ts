import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Option } from "effect"
import { CliError, CliOutput, Command } from "effect/cli"
import { keyFile } from "../../../src/programs/cli/keyFile.ts"
import { json } from "../../../src/programs/cli/output.ts"
import { platform } from "../../../src/programs/cli/platform.ts"
import { openislands } from "../../../src/programs/cli/root.ts"

const commands = openislands.subcommands.flatMap((group) => group.commands).filter(({ unlisted }) => !unlisted)

/** As a shell splits it; the examples use quotes, and nothing else of a shell's. */
const words = (line: string): ReadonlyArray<string> =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, plain]) => double ?? single ?? plain ?? "")

/** The command that this line comes to, with all its flags understood; nothing of it is done. */
const parsed = Effect.fnUntraced(function* (args: ReadonlyArray<string>) {
  const came: Array<string> = []
  const stubs = commands.map((one) =>
    Command.withHandler(one as Command.Command<string, unknown, unknown>, () => Effect.sync(() => came.push(one.name))),
  )
  const program = Command.make("openislands").pipe(
    Command.withSubcommands(stubs),
    Command.withGlobalFlags([json, keyFile]),
  )
  const silent = Layer.succeed(CliOutput.Presenter, { present: () => Effect.void })
  const exit = yield* Command.runWith(program, { version: "0" })(args).pipe(
    Effect.provide(Layer.merge(platform, silent)),
    Effect.exit,
  )
  const error = Exit.isFailure(exit) ? Option.getOrNull(Cause.findErrorOption(exit.cause)) : null
  return { came, error: CliError.isCliError(error) ? error.message : error }
})

describe("the examples in --help", () => {
  for (const { name, examples } of commands) {
    it.effect(`${name} has some, and each is a command line that it takes`, () =>
      Effect.gen(function* () {
        assert.isNotEmpty(examples)
        for (const { command, description } of examples) {
          assert.isNotEmpty(description)
          const [program, ...args] = words(command)
          assert.strictEqual(program, "openislands")
          assert.deepEqual(yield* parsed(args), { came: [name], error: null }, command)
        }
      }),
    )
  }

  it.effect("a line that makes no sense would be found", () =>
    Effect.gen(function* () {
      for (const line of ["sync --fll", "serve --port many", "runs --limit 0", "sinc", "new a b c"]) {
        const { came, error } = yield* parsed(words(line))
        assert.deepEqual(came, [], line)
        assert.isNotNull(error, line)
      }
    }),
  )
})

import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Effect, Exit, Layer } from "effect"
import { CliConfig, CliOutput, Command, GlobalFlag } from "effect/cli"
import packageJson from "../../package.json" with { type: "json" }
import { completions } from "./cli/completions.ts"
import { exitCodeOf, reportFailure, usagePresenter } from "./cli/failure.ts"
import { logger } from "./cli/logger.ts"
import { demandWritten, outliveReaders } from "./cli/output.ts"
import { platform } from "./cli/platform.ts"
import { openislands } from "./cli/root.ts"

// node:sqlite is stable enough for locks; its warning on every command would only hide ours.
const emitWarning = process.emitWarning.bind(process)
process.emitWarning = ((warning: string | Error, ...rest: ReadonlyArray<never>) => {
  if (!String(warning).includes("SQLite is an experimental feature")) emitWarning(warning, ...rest)
}) as typeof process.emitWarning

// The first Ctrl-C asks everything to stop in order, which runMain does; the second doesn't wait for it.
process.once("SIGINT", () => process.once("SIGINT", () => process.exit(130)))

outliveReaders()

const builtIns = GlobalFlag.BuiltIns.map((one) => (one === GlobalFlag.Completions ? completions : one))

Command.run(openislands, { version: packageJson.version }).pipe(
  Effect.andThen(demandWritten),
  Effect.catchCause(reportFailure),
  Effect.provide(
    Layer.mergeAll(platform, logger, CliConfig.layer({ builtIns }), Layer.succeed(CliOutput.Presenter, usagePresenter)),
  ),
  (main) =>
    NodeRuntime.runMain(main, {
      disableErrorReporting: true,
      teardown: (exit, onExit) =>
        onExit(Exit.isSuccess(exit) ? 0 : Cause.hasInterruptsOnly(exit.cause) ? 130 : exitCodeOf(exit.cause)),
    }),
)

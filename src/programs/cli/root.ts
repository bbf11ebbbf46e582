import { Command } from "effect/cli"
import { init } from "./commands/init.ts"
import { status } from "./commands/status.ts"
import { validate } from "./commands/validate.ts"
import { json } from "./output.ts"

export const openislands = Command.make("openislands").pipe(
  Command.withDescription(
    "Pulls your data from providers into plain files on your own disk; every sync can be undone.",
  ),
  Command.withSubcommands([init, validate, status]),
  Command.withGlobalFlags([json]),
)

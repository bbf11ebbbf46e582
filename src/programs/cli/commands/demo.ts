import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { UsageError } from "../failure.ts"

/** What is said of it; a command line that begins with it never comes here (`bin.ts`). */
export const demo = Command.make(
  "demo",
  {
    once: Flag.Boolean("once").pipe(
      Flag.withDescription("Without a browser: sign in, sync, query, undo and redo, say what was done, and end"),
      Flag.withDefault(false),
    ),
    port: Flag.Int("port").pipe(
      Flag.withDescription("Where the dashboard listens (default: 4321, or the next that is free)"),
      Flag.optional,
    ),
    dir: Flag.String("dir").pipe(
      Flag.withDescription("Where the project is made (default: .demo in the current directory)"),
      Flag.optional,
    ),
    keep: Flag.Boolean("keep").pipe(
      Flag.withDescription("Go on with the project that is there"),
      Flag.withDefault(false),
    ),
  },
  () => Effect.fail(new UsageError('"demo" comes first: openislands demo ...')),
).pipe(
  Command.withDescription("Show all of it on this machine: a provider, a project that uses it, and the dashboard"),
  Command.withExamples([
    { command: "openislands demo", description: "Open the address that it prints, and click Connect" },
    { command: "openislands demo --once", description: "See what it does without a browser" },
  ]),
)

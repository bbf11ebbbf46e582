import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { description, flags } from "../../demo/flags.ts"
import { UsageError } from "../failure.ts"

const flag = (name: keyof typeof flags) => {
  const { takes, says } = flags[name]
  if (takes === null) return Flag.Boolean(name).pipe(Flag.withDescription(says), Flag.withDefault(false))
  const one: Flag.Flag<unknown> = takes === "integer" ? Flag.Int(name) : Flag.String(name)
  return one.pipe(Flag.withDescription(says), Flag.optional)
}

/** What is said of it; a command line that begins with it never comes here (`bin.ts`). */
export const demo = Command.make(
  "demo",
  { once: flag("once"), port: flag("port"), dir: flag("dir"), keep: flag("keep") },
  () => Effect.fail(new UsageError('"demo" comes first: openislands demo ...')),
).pipe(
  Command.withDescription(description),
  Command.withExamples([
    { command: "openislands demo", description: "Open the address that it prints, and click Connect" },
    { command: "openislands demo --once", description: "See what it does without a browser" },
  ]),
)

import { Effect, Option } from "effect"
import { Completions, GlobalFlag } from "effect/cli"
import { namesFor } from "./completionScripts.ts"
import { print } from "./output.ts"

/** `--completions <shell>`: effect/cli's script, and with it the project's own names, files, and what every command takes. */
export const completions = GlobalFlag.Action({
  flag: GlobalFlag.Completions.flag,
  run: Effect.fnUntraced(function* (shell, { command }) {
    if (Option.isNone(shell)) return
    const { subcommands, ...root } = Completions.fromCommand(command)
    const described = { ...root, flags: rootFlags, subcommands: subcommands.map(completed) }
    yield* print(namesFor(shell.value, Completions.generate(command.name, shell.value, described)))
  }),
})

const flag = (name: string, description: string, ...aliases: ReadonlyArray<string>): Completions.FlagDescriptor => ({
  name,
  aliases,
  description,
  type: { _tag: "Boolean" },
  negation: false,
})

const keyFile: Completions.FlagDescriptor = {
  ...flag("key-file", "A file with the key that tokens are encrypted with"),
  type: { _tag: "Path", pathType: "file" },
}
const everywhere = [flag("json", "Print exactly one JSON document on stdout"), keyFile, flag("help", "Show help", "h")]
const rootFlags = [flag("help", "Show help", "h"), flag("version", "Show the version", "v")]

const paths: Readonly<Record<string, "file" | "directory">> = {
  project: "directory",
  directory: "directory",
  file: "file",
  rows: "file",
  calls: "file",
  "token-file": "file",
}

/** Its texts that are paths are told from other texts by their names: effect/cli's own paths would be resolved, too. */
const withPath = <A extends Completions.FlagDescriptor | Completions.ArgumentDescriptor>(one: A): A => {
  const pathType = paths[one.name]
  return pathType === undefined ? one : { ...one, type: { _tag: "Path", pathType } }
}

const completed = (command: Completions.CommandDescriptor): Completions.CommandDescriptor => ({
  ...command,
  flags: [...command.flags.map(withPath), ...everywhere],
  arguments: command.arguments.map(withPath),
})

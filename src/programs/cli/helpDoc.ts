import { Option } from "effect"
import type { HelpDoc } from "effect/cli"

/** What a command cannot do without. */
const needed = new Set(["name", "dataset", "runId", "runId-or-connector"])

/**
 * effect/cli knows a project's directory and what follows it as one argument of up to two values, `[<connector...>]`:
 * help shows them as they are typed, `[<directory>] [<connector>]`.
 */
export const asTyped = (doc: HelpDoc.HelpDoc): HelpDoc.HelpDoc => ({
  ...doc,
  usage: doc.usage.replace(/\[<([\w-]+)\.\.\.>\]/, (_, name: string) =>
    ["directory", name].filter(isFirst).map(shown).join(" "),
  ),
  ...(doc.args === undefined ? {} : { args: doc.args.flatMap((arg) => (arg.variadic ? split(arg) : [arg])) }),
})

const isFirst = (name: string, at: number, all: ReadonlyArray<string>): boolean => all.indexOf(name) === at

const shown = (name: string): string => (needed.has(name) ? `<${name}>` : `[<${name}>]`)

const split = (arg: HelpDoc.ArgDoc): ReadonlyArray<HelpDoc.ArgDoc> => {
  const one = { ...arg, variadic: false }
  const directory = { ...one, name: "directory", required: false, description: Option.some(theDirectory) }
  // What is said of both of them, for the completions of shells, names the second first.
  const description = Option.map(arg.description, (text) => text.replace(/;.*/, ""))
  return arg.name === "directory" ? [directory] : [directory, { ...one, required: needed.has(arg.name), description }]
}

const theDirectory = "The project's directory, if it isn't the current one"

import { Effect } from "effect"
import { coreAt } from "../../layers/Core.ts"
import { connectorNames } from "../answers/connectorNames.ts"
import { UsageError } from "./failure.ts"
import { word } from "./place.ts"

/** `given` are positionals without a project before them, of which `extra` is one too many: what may have been meant. */
export const misplaced = Effect.fnUntraced(function* (
  [first = "", ...others]: ReadonlyArray<string>,
  extra: string,
  isProject: (directory: string) => boolean,
) {
  const directory = others.find(isProject)
  if (directory !== undefined) {
    const swapped = corrected(first, directory, (before, between) => [...before, directory, ...between, first])
    return new UsageError(`the project's directory comes first: ${directory}`, `Write: ${swapped}`)
  }
  const message = `unexpected argument: ${extra}`
  if ((yield* connectorsHere)?.includes(first) === true) {
    const is = `"${first}" is a connector of the project here`
    if (extra === first) return new UsageError(message, `${is}, and this command takes none.`)
    const alone = corrected(first, extra, (before, between) => [...before, ".", first, ...between])
    return new UsageError(message, `${is}: ${alone}`)
  }
  return new UsageError(message, `If "${first}" is to be the project: there is no manifest.json in it.`)
})

/** The command line with other words in the place of these two, its flags as they were. */
const corrected = (
  first: string,
  second: string,
  order: (before: ReadonlyArray<string>, between: ReadonlyArray<string>) => ReadonlyArray<string>,
): string => {
  const typed = process.argv.slice(2)
  const end = typed.lastIndexOf(second)
  const start = typed.lastIndexOf(first, end - 1)
  const words = [...order(typed.slice(0, start), typed.slice(start + 1, end)), ...typed.slice(end + 1)]
  return ["openislands", ...words.map(word)].join(" ")
}

/** Of a project that cannot be read no connector is known; that is not what was asked. */
const connectorsHere = Effect.suspend(() => connectorNames.pipe(Effect.provide(coreAt("."))))

import { Effect, Option } from "effect"
import { Argument, Flag } from "effect/cli"
import { existsSync } from "node:fs"
import * as path from "node:path"
import { ManifestUnreadable } from "../../services/ManifestService.ts"
import { UsageError } from "./failure.ts"
import { misplaced } from "./misplaced.ts"
import { here, leadTo } from "./place.ts"

const isGiven = (text: string): boolean => text !== ""

/** `-p`, `--project`: on each command that works on a project. */
export const projectFlag = Flag.String("project").pipe(
  Flag.withAlias("p"),
  Flag.withDescription("The project's directory (default: the current one)"),
  Flag.filter(isGiven, () => "a directory"),
  Flag.optional,
)

/** An empty text, as an unset variable of a script makes one, must not be taken for no argument. */
export const argument = (name: string) =>
  Argument.String(name).pipe(Argument.filter(isGiven, () => "a text that is not empty"))

/** At most one of these, behind the project's directory if that is given. */
export const targets = (name: string) =>
  argument(name).pipe(Argument.withDescription(describedAs(name)), Argument.variadic({ max: 2 }))

const describedAs = (name: string): string => {
  if (name === "directory") return "The project's directory"
  const one = name.replace("runId", "run id").replace("sql", "SQL query").replaceAll("-", " ")
  return `One ${one}; the directory of its project may stand before it`
}

export interface Target {
  readonly directory: string
  /** What is left when the directory is taken away. */
  readonly rest: ReadonlyArray<string>
}

/**
 * A leading positional that holds a `manifest.json` is the project: `sync . whoop` and `sync whoop` both work.
 * `most` is how many other positionals the command takes.
 */
export const resolveTarget = Effect.fnUntraced(function* (
  positionals: ReadonlyArray<string>,
  project: Option.Option<string>,
  most: number,
) {
  const [first, ...others] = positionals
  const isDirectory = first !== undefined && (isProject(first) || looksLikePath(first))
  if (isDirectory && Option.isSome(project)) {
    return yield* new UsageError(`the project is given twice: ${first} and --project ${project.value}`)
  }
  const rest = isDirectory ? others : positionals
  const directory = yield* resolved(isDirectory ? first : Option.getOrElse(project, () => "."))
  leadTo(directory)
  const extra = rest[most]
  if (extra !== undefined) {
    const isPlain = isDirectory || Option.isSome(project)
    return yield* isPlain ? new UsageError(`unexpected argument: ${extra}`) : yield* misplaced(rest, extra, isProject)
  }
  return { directory, rest } satisfies Target
})

/** An absolute path; fails where there is no current directory that it could be relative to. */
export const resolved = Effect.fnUntraced(function* (directory: string) {
  if (here() !== null || path.isAbsolute(directory)) return path.resolve(directory)
  const next = "Change to a directory that is there, or name the project by its whole path."
  return yield* new UsageError("the current directory was removed", next)
})

/** For what works without a manifest, or with a broken one: where there has never been one, there is nothing to tell. */
export const demandProject = (directory: string) =>
  isProject(directory) || existsSync(path.join(directory, ".openislands"))
    ? Effect.void
    : Effect.fail(new ManifestUnreadable({ file: "manifest.json", directory, code: "ENOENT" }))

export const isProject = (directory: string): boolean => existsSync(path.join(directory, "manifest.json"))

/** No name of ours is written like this, so that a wrong directory is not taken for an unknown connector. */
const looksLikePath = (text: string): boolean => /^\.{1,2}$|[\\/]/.test(text)

import { Effect, Schema } from "effect"
import { readdir, readFile, stat } from "node:fs/promises"
import * as path from "node:path"
import { errnoOf } from "../../../layers/errno.ts"
import { exampleAt, isMade } from "../../examples.ts"
import type { ProjectFile } from "./files.ts"

/** Those that `init` copies; the demo's project needs the demo's provider. */
export const exampleNames = ["quickstart", "health", "catalog"] as const
export type ExampleName = (typeof exampleNames)[number]

/** What of an example a project gets: all but its `.gitignore`, which only a checkout has, and what was made by running it. */
export const exampleFiles = Effect.fn("exampleFiles")(function* (name: ExampleName) {
  const root = exampleAt(name)
  return yield* Effect.tryPromise({
    try: async (): Promise<ReadonlyArray<ProjectFile>> => {
      const entries = await readdir(root, { recursive: true, withFileTypes: true })
      const files = entries
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
        .filter((file) => file !== ".gitignore" && !isMade(file))
        .toSorted()
      return Promise.all(
        files.map(async (file) => {
          const from = path.join(root, file)
          return [file, await readFile(from), (await stat(from)).mtime] as const
        }),
      )
    },
    catch: (cause) => new ExampleUnreadable({ example: name, directory: root, code: errnoOf(cause) }),
  })
})

/** An example's files in the place of those of the same name that a new project gets. The manifest is last here, too. */
export const withExample = (
  files: ReadonlyArray<ProjectFile>,
  example: ReadonlyArray<ProjectFile>,
): ReadonlyArray<ProjectFile> => {
  const taken = new Map(example.map((file) => [file[0], file]))
  const others = example.filter(([name]) => !files.some(([ours]) => ours === name))
  return [...others, ...files.map((file) => taken.get(file[0]) ?? file)]
}

export class ExampleUnreadable extends Schema.TaggedError<ExampleUnreadable>()("ExampleUnreadable", {
  example: Schema.String,
  directory: Schema.String,
  code: Schema.String,
}) {
  override get message() {
    return `the example "${this.example}" cannot be read from ${this.directory} (${this.code})`
  }
  get suggestion() {
    return "It is a part of openislands: install that again."
  }
}

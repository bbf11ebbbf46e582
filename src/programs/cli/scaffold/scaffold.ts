import { Effect, Schema } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { errnoOf } from "../../../layers/errno.ts"
import { makeDirectory } from "../../../layers/makeDirectory.ts"
import { withExample } from "./exampleFiles.ts"
import { filesOf, type ProjectFile } from "./files.ts"

/** Paths relative to the directory, in the order written. */
export interface Scaffolded {
  readonly created: ReadonlyArray<string>
  readonly kept: ReadonlyArray<string>
}

/**
 * Makes a directory a project, with the files of an example if there are any. A file that is there already is kept as it
 * is, even one that appears meanwhile.
 */
export const scaffold = Effect.fn("scaffold")(function* (
  directory: string,
  example: ReadonlyArray<ProjectFile> = [],
): Effect.fn.Return<Scaffolded, ScaffoldError> {
  const created: Array<string> = []
  const kept: Array<string> = []
  for (const one of withExample(filesOf(directory), example)) {
    const [name] = one
    const file = path.join(directory, name)
    yield* ensureDirectory(path.dirname(file))
    const list = (yield* createFile(file, one)) ? created : kept
    list.push(name)
  }
  return { created, kept }
})

const ensureDirectory = (directory: string) =>
  Effect.try({
    try: () => makeDirectory(directory),
    catch: (cause) => {
      const code = errnoOf(cause)
      const why = code === "EEXIST" || code === "ENOTDIR" ? "not-a-directory" : "unwritable"
      return new ScaffoldError({ path: directory, why, code })
    },
  })

/** False when something has the name already. */
const createFile = Effect.fn("scaffold.createFile")(function* (file: string, one: ProjectFile) {
  const created = yield* Effect.tryPromise({
    try: () => writeNew(file, one),
    catch: (cause) => new ScaffoldError({ path: file, why: "unwritable", code: errnoOf(cause) }),
  })
  if (created) return true
  const isDirectory = yield* Effect.promise(() =>
    fs.stat(file).then(
      (stat) => stat.isDirectory(),
      () => false, // a link that leads nowhere is the user's as well
    ),
  )
  if (isDirectory) return yield* new ScaffoldError({ path: file, why: "not-a-file", code: "EISDIR" })
  return false
})

const writeNew = async (file: string, [, content, written]: ProjectFile): Promise<boolean> => {
  const handle = await fs.open(file, "wx").catch((cause: unknown) => {
    if (errnoOf(cause) === "EEXIST") return null
    throw cause
  })
  if (handle === null) return false
  try {
    await handle.writeFile(content)
    if (written !== undefined) await handle.utimes(written, written)
  } catch (cause) {
    // A half-written file would be taken for the user's own from now on.
    await fs.rm(file, { force: true })
    throw cause
  } finally {
    await handle.close()
  }
  return true
}

export class ScaffoldError extends Schema.TaggedError<ScaffoldError>()("ScaffoldError", {
  path: Schema.String,
  why: Schema.Literals(["not-a-directory", "not-a-file", "unwritable"]),
  code: Schema.String,
}) {
  override get message() {
    const problem = {
      "not-a-directory": "cannot be a directory: a file is in the way",
      "not-a-file": "is a directory where a file is needed",
      unwritable: "cannot be written",
    }
    return `${this.path} ${problem[this.why]} (${this.code})`
  }
  get suggestion() {
    return this.why === "unwritable"
      ? "Check the permissions and the free space of the directory, then run init again: what is there is kept."
      : "Move it out of the way or name another directory, then run init again."
  }
}

import { Data, Effect } from "effect"
import type { Dirent } from "node:fs"
import { readdir, realpath } from "node:fs/promises"
import { join, relative, sep } from "node:path"
import type { Project } from "../../services/Project.ts"
import { InvalidPath } from "../../services/domain/ManifestProblem.ts"
import { errnoOf } from "../errno.ts"

export class NotReadable extends Data.TaggedError("NotReadable")<{ readonly detail: string }> {}

/** Each load looks through what may be read; a larger tree would make every command wait. */
const mostEntries = 20_000

/**
 * The real path of what a guest is to read. Node's permission model follows links and knows no exceptions, so that
 * nothing under it may lead out of the project, or hold secrets.
 */
export const findReadable = Effect.fnUntraced(function* (project: Project["Service"], written: string) {
  const refuse = (detail: string) => new NotReadable({ detail: `"${written}" ${detail}` })
  const secrets = yield* Effect.forEach([project.layout.home, project.layout.env], realOr)
  const follow = Effect.fnUntraced(function* (path: string) {
    const real = yield* project
      .confine(path)
      .pipe(Effect.mapError(({ message }) => new NotReadable({ detail: message })))
    const isPrivate = relative(project.root, real).split(sep).some(isPrivateName)
    if (!isPrivate && !secrets.some((secret) => secret === real || secret.startsWith(real + sep))) return real
    return yield* refuse("contains what a connector must not read: .openislands or .env")
  })

  if (/[*?]/.test(written)) return yield* refuse("has a wildcard; name each file or directory")
  const real = yield* follow(written)
  if (/[*?]/.test(real.slice(project.root.length))) return yield* refuse(`leads to a name with a wildcard: ${real}`)

  const pending = [real]
  const seen = new Set(pending)
  let entries = 0
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    const children = yield* list(directory)
    if (typeof children === "string") {
      // A link that leads nowhere inside the tree grants nothing.
      if (children === "ENOENT" && directory !== real) continue
      return yield* refuse(children === "ENOENT" ? InvalidPath.absent : `cannot be read (${children})`)
    }
    entries += children.length
    if (entries > mostEntries) return yield* refuse(`holds more than ${mostEntries} files; name what is needed of it`)
    for (const child of children) {
      const path = join(directory, child.name)
      if (isPrivateName(child.name)) return yield* refuse(`contains what a connector must not read: ${path}`)
      if (!child.isDirectory() && !child.isSymbolicLink()) continue
      const leadsTo = child.isSymbolicLink() ? yield* follow(path) : path
      if (seen.has(leadsTo)) continue
      seen.add(leadsTo)
      pending.push(leadsTo)
    }
  }
  return real
})

const isPrivateName = (name: string): boolean => /^\.(?:env.*|openislands)$/i.test(name)

/** What a directory holds: nothing if it is a file. The system's code when it cannot be listed. */
const list = (directory: string): Effect.Effect<ReadonlyArray<Dirent> | string> =>
  Effect.tryPromise({ try: () => readdir(directory, { withFileTypes: true }), catch: errnoOf }).pipe(
    Effect.catch((code) => Effect.succeed(code === "ENOTDIR" ? [] : code)),
  )

const realOr = (path: string): Effect.Effect<string> =>
  Effect.tryPromise({ try: () => realpath(path), catch: errnoOf }).pipe(Effect.catch(() => Effect.succeed(path)))

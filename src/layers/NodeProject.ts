import { Data, Effect, Layer } from "effect"
import { Buffer } from "node:buffer"
import { existsSync, lstatSync, mkdirSync, readlinkSync, realpathSync, type Stats, statSync } from "node:fs"
import { chmod, realpath, stat, writeFile } from "node:fs/promises"
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path"
import { type Layout, PathEscapes, Project, ProjectNotFound, ProjectUnwritable } from "../services/Project.ts"
import { errnoOf } from "./errno.ts"

/** The project in this directory. */
export const layerAt = (directory: string): Layer.Layer<Project, ProjectNotFound> =>
  Layer.effect(
    Project,
    Effect.gen(function* () {
      const root = yield* findRoot(resolve(directory))
      const layout = layoutOf(root)
      return {
        root,
        layout,
        confine: Effect.fn("Project.confine")(function* (written) {
          const escapes = (why: PathEscapes["why"], leadsTo: string) => new PathEscapes({ written, leadsTo, why })
          if (isMalformed(written)) return yield* escapes("malformed", written)
          const absolute = resolve(root, written)
          const real = yield* Effect.try({
            try: () => realOf(absolute),
            catch: (cause) => escapes(errnoOf(cause) === "ENAMETOOLONG" ? "tooLong" : "unreadable", absolute),
          })
          if (isTooLong(real)) return yield* escapes("tooLong", real)
          const inside = relative(root, real)
          if (leadsOut(inside)) return yield* escapes("outside", real)
          // Both: `.env` may itself be a link to a file with a harmless name.
          if (isPrivate(inside) || isPrivate(relative(root, absolute))) return yield* escapes("private", real)
          return real
        }),
        ensure: Effect.fn("Project.ensure")(function* (directory) {
          const wanted = resolve(layout.home, directory)
          const inside = relative(layout.home, wanted)
          if (leadsOut(inside)) return yield* new ProjectUnwritable({ path: wanted, code: "EINVAL" })
          yield* makePrivate(layout.home)
          yield* keepOutOfGit(join(layout.home, ".gitignore"))
          let made = layout.home
          for (const part of inside.split(sep).filter((part) => part !== "")) {
            made = join(made, part)
            yield* makePrivate(made)
          }
          return made
        }),
      }
    }),
  )

class Refused extends Data.TaggedError("Refused")<{ readonly code: string }> {}

const attempt = <A>(call: () => Promise<A>): Effect.Effect<A, Refused> =>
  Effect.tryPromise({ try: call, catch: (cause) => new Refused({ code: errnoOf(cause) }) })

const findRoot = (directory: string): Effect.Effect<string, ProjectNotFound> =>
  attempt(async () => {
    const root = await realpath(directory)
    return { root, isDirectory: (await stat(root)).isDirectory() }
  }).pipe(
    Effect.mapError(({ code }) => (code === "ENOENT" ? "there is no such directory" : `it cannot be read (${code})`)),
    Effect.filterOrFail(
      (found) => found.isDirectory,
      () => "it is not a directory",
    ),
    Effect.map(({ root }) => root),
    Effect.mapError((why) => new ProjectNotFound({ directory, why })),
  )

const layoutOf = (root: string): Layout => {
  const home = join(root, ".openislands")
  return {
    manifest: join(root, "manifest.json"),
    env: join(root, ".env"),
    home,
    tokens: join(home, "connectors"),
    state: join(home, "state"),
    contracts: join(home, "contracts"),
    history: join(home, "history"),
    journal: join(home, "journal"),
    runs: join(home, "runs"),
    cache: join(home, "cache"),
    locks: join(home, "locks"),
  }
}

/** What other systems read as something else (a backslash), or none can open (NUL, half a surrogate pair). */
const isMalformed = (written: string): boolean =>
  written === "" || /[\\\p{Cc}]/u.test(written) || !written.isWellFormed()

const leadsOut = (fromRoot: string): boolean =>
  fromRoot === ".." || fromRoot.startsWith(`..${sep}`) || isAbsolute(fromRoot)

/** File systems that ignore case open `.env` under the name `.ENV` too. */
const isPrivate = (fromRoot: string): boolean => {
  const [first = ""] = fromRoot.toLowerCase().split(sep)
  return first === ".openislands" || first.startsWith(".env")
}

/** What systems take for a path, less what the names of ours beside a file are longer than its own. */
const longestPath = (process.platform === "linux" ? 4095 : 1023) - 40

/** Counted here, because a system looks at no name in a directory that isn't there yet. */
const isTooLong = (path: string): boolean =>
  Buffer.byteLength(path) > longestPath || path.split(sep).some((name) => Buffer.byteLength(name) > 255)

/** Linux gives up on a path after as many links. */
const mostLinks = 40

/**
 * `realpath` of what need not exist: a dangling link counts as what it points to. Synchronous, as a manifest names
 * hundreds of paths, and a trip through the thread pool takes twenty times as long as the call.
 */
const realOf = (path: string, links = 0): string => {
  if (links > mostLinks) throw Object.assign(new Error("too many links"), { code: "ELOOP" })
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return join(realOf(dirname(path), links), basename(path))
  // A link to something that is there is left to the system, which knows every kind of link.
  if (!found.isSymbolicLink() || statSync(path, { throwIfNoEntry: false }) !== undefined)
    return realpathSync.native(path)
  return realOf(resolve(realpathSync.native(dirname(path)), readlinkSync(path)), links + 1)
}

/**
 * Makes a directory that only its owner can enter. One that is there is narrowed to that; a link is never followed.
 * Synchronous for the same reason: whatever the store is asked for makes sure of all of ours first.
 */
const makePrivate = (path: string): Effect.Effect<void, ProjectUnwritable> =>
  Effect.gen(function* () {
    const found = yield* attempt(async () => lstatSync(path, { throwIfNoEntry: false }) ?? makeOne(path))
    if (!found.isDirectory()) return yield* new Refused({ code: found.isSymbolicLink() ? "ELOOP" : "ENOTDIR" })
    if (process.platform !== "win32" && (found.mode & 0o077) !== 0) yield* narrow(path)
  }).pipe(Effect.mapError(({ code }) => new ProjectUnwritable({ path, code })))

const makeOne = (path: string): Stats => {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (cause) {
    // Another process was quicker.
    if (errnoOf(cause) !== "EEXIST") throw cause
  }
  return lstatSync(path)
}

/** A memory stick's file system has no modes to set; a project can be kept there all the same. */
const narrow = (path: string): Effect.Effect<void, Refused> =>
  attempt(() => chmod(path, 0o700)).pipe(
    Effect.catchIf(
      ({ code }) => code === "EPERM" || code === "ENOTSUP",
      () => Effect.void,
    ),
  )

const keepOutOfGit = (path: string): Effect.Effect<void, ProjectUnwritable> =>
  attempt(async () => existsSync(path) || writeFile(path, "*\n", { flag: "wx", mode: 0o600 })).pipe(
    Effect.catchIf(
      ({ code }) => code === "EEXIST",
      () => Effect.void,
    ),
    Effect.mapError(({ code }) => new ProjectUnwritable({ path, code })),
  )

import { Effect, Option, Schema } from "effect"
import { createHash } from "node:crypto"
import { promises as fs } from "node:fs"
import * as path from "node:path"
import type { Bundle } from "../../services/BundlerService.ts"
import { ProjectUnwritable } from "../../services/Project.ts"
import { errnoOf } from "../errno.ts"
import { writeFileAtomic } from "../writeFileAtomic.ts"
import type { Compiled } from "./compile.ts"

export interface CacheKey {
  readonly versions: string
  readonly directory: string
  readonly builtins: ReadonlyArray<string>
}

/** Path -> digest of a file's bytes or of a directory's listing. */
const Fingerprint = Schema.Record(Schema.String, Schema.String)
const CacheRecord = Schema.fromJsonString(
  Schema.Struct({
    versions: Schema.String,
    root: Schema.String,
    inputs: Schema.Array(Schema.String),
    files: Fingerprint,
    listings: Fingerprint,
    hash: Schema.String,
    bytes: Schema.Int,
  }),
)
const decodeRecord = Schema.decodeUnknownOption(CacheRecord)

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex")

/** One directory per connector directory and set of importable builtins; it holds `record.json` and the bundles. */
const place = (home: string, key: CacheKey) =>
  path.join(home, sha256(JSON.stringify([key.directory, key.builtins])).slice(0, 24))

/** The last bundle if nothing that went into it has changed, else null. A record that can't be read is just a miss. */
export const cachedBundle = Effect.fnUntraced(function* (home: string, key: CacheKey, module: string) {
  const directory = place(home, key)
  const text = yield* readOrNull(path.join(directory, "record.json"))
  const record = text === null ? null : Option.getOrNull(decodeRecord(text.toString("utf8")))
  if (record === null || record.versions !== key.versions) return null
  const file = path.join(directory, `${record.hash}.mjs`)
  const size = yield* Effect.promise(() =>
    fs.stat(file).then(
      (stat) => stat.size,
      () => -1,
    ),
  )
  if (size !== record.bytes) return null
  const now = yield* readFingerprint(record.root, record.inputs).pipe(Effect.option)
  if (Option.isNone(now) || !same(now.value.files, record.files) || !same(now.value.listings, record.listings))
    return null
  return { module, file, hash: record.hash } satisfies Bundle
})

/** Writes the bundle, then the record that makes it the current one, then drops the bundles before the last. */
export const storeBundle = Effect.fnUntraced(function* (
  home: string,
  key: CacheKey,
  module: string,
  compiled: Compiled,
  fingerprint: Fingerprints,
) {
  const directory = place(home, key)
  const hash = sha256(compiled.text)
  const file = path.join(directory, `${hash}.mjs`)
  const record = { versions: key.versions, hash, bytes: Buffer.byteLength(compiled.text), ...fingerprint }
  yield* Effect.tryPromise({
    try: async () => {
      await fs.mkdir(directory, { recursive: true, mode: 0o700 })
      const old = (await fs.readdir(directory)).filter((name) => name.endsWith(".mjs") && !name.startsWith(hash))
      await writeFileAtomic(`${file}.map`, compiled.map)
      await writeFileAtomic(file, compiled.text)
      await writeFileAtomic(path.join(directory, "record.json"), JSON.stringify(record))
      // A guest of another process may be about to load the last one; those before it have had their time.
      for (const name of await staleBundles(directory, old)) {
        await fs.rm(path.join(directory, name), { force: true })
        await fs.rm(path.join(directory, `${name}.map`), { force: true })
      }
    },
    catch: (cause) => new ProjectUnwritable({ path: directory, code: errnoOf(cause) }),
  })
  return { module, file, hash } satisfies Bundle
})

const staleBundles = async (directory: string, names: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const aged = await Promise.all(
    names.map(async (name) => ({ name, time: (await fs.stat(path.join(directory, name))).mtimeMs })),
  )
  return aged
    .toSorted((a, b) => b.time - a.time)
    .slice(1)
    .map(({ name }) => name)
}

interface Fingerprints {
  readonly root: string
  readonly inputs: ReadonlyArray<string>
  readonly files: Record<string, string>
  readonly listings: Record<string, string>
}

/**
 * Digests of the inputs and of every package.json above them (esbuild obeys its "type" and "sideEffects"), and of the
 * listings of their directories: a new `helper.ts` takes the place of `helper.js` without any input changing.
 */
export const readFingerprint = Effect.fnUntraced(function* (root: string, inputs: ReadonlyArray<string>) {
  const directories = new Set(inputs.map((input) => path.dirname(input)))
  const packages = new Set<string>()
  for (const directory of directories) {
    for (let above = directory; isWithin(root, above); above = path.dirname(above))
      packages.add(path.join(above, "package.json"))
  }
  return yield* Effect.tryPromise({
    try: async () => {
      const files = await Promise.all(
        [...new Set([...inputs, ...packages])].map(async (file) => [file, await digestFile(file)] as const),
      )
      const listings = await Promise.all(
        [...directories].map(async (path_) => [path_, await digestListing(path_)] as const),
      )
      return {
        root,
        inputs,
        files: Object.fromEntries(files),
        listings: Object.fromEntries(listings),
      } satisfies Fingerprints
    },
    catch: (cause) => ({ path: (cause as NodeJS.ErrnoException).path ?? root, code: errnoOf(cause) }),
  })
})

const isWithin = (root: string, directory: string) => directory === root || directory.startsWith(root + path.sep)

const digestFile = async (file: string): Promise<string> => {
  try {
    return sha256(await fs.readFile(file))
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") return "absent"
    throw cause
  }
}

const digestListing = async (directory: string): Promise<string> => {
  const entries = await fs.readdir(directory, { withFileTypes: true })
  const lines = entries.map(async (entry) =>
    entry.isSymbolicLink() ? `${entry.name} -> ${await fs.readlink(path.join(directory, entry.name))}` : entry.name,
  )
  return sha256((await Promise.all(lines)).toSorted().join("\n"))
}

const readOrNull = (file: string) => Effect.promise(() => fs.readFile(file).catch(() => null))

const same = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean => {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}

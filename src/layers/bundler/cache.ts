import { Effect, Option, Schema } from "effect"
import { createHash } from "node:crypto"
import { promises as fs, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs"
import * as path from "node:path"
import type { Bundle } from "../../services/BundlerService.ts"
import { ProjectUnwritable } from "../../services/Project.ts"
import { allButNewest } from "../allButNewest.ts"
import { errnoOf } from "../errno.ts"
import { makeDirectory } from "../makeDirectory.ts"
import { writeFileAtomic } from "../writeFileAtomic.ts"
import type { Compiled } from "./compile.ts"

export interface CacheKey {
  readonly versions: string
  readonly directory: string
  readonly builtins: ReadonlyArray<string>
}

type BundleSource = Pick<Bundle, "module" | "entry">

const CacheRecord = Schema.fromJsonString(
  Schema.Struct({
    versions: Schema.String,
    inputs: Schema.Array(Schema.String),
    fingerprint: Schema.String,
    hash: Schema.String,
  }),
)
const decodeRecord = Schema.decodeUnknownOption(CacheRecord)

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex")

/** One directory per connector directory and set of importable builtins; it holds `record.json` and the bundles. */
const place = (home: string, key: CacheKey) =>
  path.join(home, sha256(JSON.stringify([key.directory, key.builtins])).slice(0, 24))

/**
 * The last bundle if nothing that went into it has changed, else null; whatever cannot be read is just a miss. Reads
 * without the thread pool, which would take longer than the reading: a warm status does this for every connector.
 */
export const cachedBundle = (home: string, key: CacheKey, of: BundleSource): Bundle | null => {
  const directory = place(home, key)
  try {
    const record = recordIn(directory)
    if (record === null || record.versions !== key.versions) return null
    const file = path.join(directory, `${record.hash}.mjs`)
    // Bytes that are not what was bundled would be blamed on the connector.
    if (sha256(readFileSync(file)) !== record.hash || fingerprintOf(record.inputs) !== record.fingerprint) return null
    return { ...of, file, hash: record.hash }
  } catch {
    return null
  }
}

/** Writes the bundle, then the record that makes it the current one, then drops the bundles before the last. */
export const storeBundle = Effect.fnUntraced(function* (
  home: string,
  key: CacheKey,
  of: BundleSource,
  { text, map, inputs }: Compiled,
  started: number,
) {
  const directory = place(home, key)
  const hash = sha256(text)
  const file = path.join(directory, `${hash}.mjs`)
  yield* Effect.tryPromise({
    try: async () => {
      // What stands in its place would be in the way for ever.
      if (statSync(directory, { throwIfNoEntry: false })?.isFile() === true) await fs.rm(directory)
      makeDirectory(directory, 0o700)
      const old = (await fs.readdir(directory)).filter((name) => name.endsWith(".mjs") && !name.startsWith(hash))
      await writeFileAtomic(`${file}.map`, map)
      await writeFileAtomic(file, text)
      const record = { versions: key.versions, hash, inputs, fingerprint: fingerprintSince(inputs, started) }
      await writeFileAtomic(path.join(directory, "record.json"), JSON.stringify(record))
      // A guest of another process may be about to load the last one; those before it have had their time.
      for (const name of await allButNewest(directory, old, 1)) {
        await fs.rm(path.join(directory, name), { force: true })
        await fs.rm(path.join(directory, `${name}.map`), { force: true })
      }
    },
    catch: (cause) => new ProjectUnwritable({ path: directory, code: errnoOf(cause) }),
  })
  return { ...of, file, hash } satisfies Bundle
})

/** Absolute paths of all files that the last bundle of each connector was made of, as far as that can be read. */
export const bundledInputs = (home: string): ReadonlyArray<string> => {
  try {
    return [...new Set(readdirSync(home).flatMap((name) => recordIn(path.join(home, name))?.inputs ?? []))]
  } catch {
    // Nothing was bundled yet, or something else stands there until something is.
    return []
  }
}

const recordIn = (directory: string) => {
  try {
    return Option.getOrNull(decodeRecord(readFileSync(path.join(directory, "record.json"), "utf8")))
  } catch {
    return null
  }
}

/**
 * A digest of the inputs and of the listings of their directories: a new `helper.ts` takes the place of `helper.js`
 * without any input changing, and so does a link that leads elsewhere.
 */
const fingerprintOf = (inputs: ReadonlyArray<string>): string => {
  const hash = createHash("sha256")
  for (const input of inputs) hash.update(`${input}\0${sha256(readFileSync(input))}\0`)
  for (const directory of directoriesOf(inputs)) {
    const entries = readdirSync(directory, { withFileTypes: true })
    const names = entries.map((entry) =>
      entry.isSymbolicLink() ? `${entry.name} -> ${readlinkSync(path.join(directory, entry.name))}` : entry.name,
    )
    hash.update(`${directory}\0${names.toSorted().join("\0")}\0`)
  }
  return hash.digest("hex")
}

/**
 * An input that was saved meanwhile, or is gone, may or may not be in this bundle: it serves once, and is not
 * remembered, since nothing has an empty fingerprint.
 */
const fingerprintSince = (inputs: ReadonlyArray<string>, time: number): string => {
  try {
    return hasChangedSince(inputs, time) ? "" : fingerprintOf(inputs)
  } catch {
    return ""
  }
}

/** How coarse the times of a file system can be, in milliseconds. */
const granularity = 20

const hasChangedSince = (inputs: ReadonlyArray<string>, time: number): boolean =>
  [...inputs, ...directoriesOf(inputs)].some((file) => statSync(file).mtimeMs >= time - granularity)

const directoriesOf = (inputs: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...new Set(inputs.map((input) => path.dirname(input))),
]

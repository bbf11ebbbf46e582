import { Context, Effect, Semaphore } from "effect"
import { hkdfSync } from "node:crypto"
import { readFileSync, realpathSync, statSync } from "node:fs"
import * as path from "node:path"
import { KeyUnusable } from "../../services/domain/KeyError.ts"
import { errnoOf } from "../errno.ts"
import type { Env } from "./env.ts"
import { printedBy } from "./keyCommand.ts"

/** What tokens are encrypted with. */
export interface Key {
  /** Tells keys apart, and nothing about them. */
  readonly id: string
  /** 32 bytes. */
  readonly secret: Buffer
}

export interface Keys {
  /** Null: tokens are kept as plain text. */
  readonly current: Key | null
  /** What is encrypted with it is read, and encrypted anew with the current one. */
  readonly previous: Key | null
  /** Both as they were given and as they may be written, for redaction. */
  readonly texts: ReadonlyArray<string>
}

export const noKeys: Keys = { current: null, previous: null, texts: [] }

/** Where the keys of this process come from. Programs give the file that a flag names; tests give an environment. */
export const KeySource = Context.Reference<KeySource>("openislands/layers/tokens/KeySource", {
  defaultValue: () => ({ file: null, environment: process.env }),
})
export interface KeySource {
  /** Takes the place of what the environment says of the current key. */
  readonly file: string | null
  readonly environment: Readonly<Record<string, string | undefined>>
}

const current = "OPENISLANDS_KEY"
const previous = "OPENISLANDS_KEY_PREVIOUS"
/** The key itself, a file that holds it, a command that prints it: a variable for each. */
const ways = ["", "_FILE", "_COMMAND"] as const
const variables = [current, previous].flatMap((name) => ways.map((way) => `${name}${way}` as const))

/**
 * Each is read when it is first needed, and once: a key file may be a pipe, and a keychain may ask its user. `.env`
 * never holds a key: it lies beside the tokens. Whoever puts one there is told, as they would else take the tokens for
 * encrypted.
 */
export const keyReader = (source: KeySource, root: string, readEnv: Effect.Effect<Env, unknown>) => {
  let known: Keys | null = null
  const { environment, file } = source
  const told = new Set<string>()
  const given = new Map<string, Given | null>()
  const once = Effect.fnUntraced(function* (variable: string, own: string | null) {
    const before = given.get(variable)
    if (before !== undefined) return before
    const one = yield* keyFrom(variable, { root, environment, file: own, told })
    given.set(variable, one)
    return one
  })
  const turn = Semaphore.makeUnsafe(1)
  const read = Effect.gen(function* () {
    const one = yield* once(current, file)
    const other = yield* once(previous, null)
    if (one === null && other !== null) return yield* unusable(previous, "alone")
    const texts = [one, other].flatMap((key) => (key === null ? [] : key.texts))
    return (known = { current: one?.key ?? null, previous: other?.key ?? null, texts })
  })
  return Effect.gen(function* () {
    // Who needs it is told when .env cannot be read; a key that isn't seen there is not used either.
    const env = yield* readEnv.pipe(Effect.orElseSucceed(() => new Map() as Env))
    const misplaced = variables.find((name) => (env.get(name) ?? "") !== "")
    if (misplaced !== undefined)
      return yield* unusable(`.env (${misplaced})`, [current, previous].includes(misplaced) ? "beside" : "dotenv")
    return known ?? (yield* turn.withPermit(Effect.suspend(() => (known === null ? read : Effect.succeed(known)))))
  })
}

/** What must not be told even where it is no key. */
export const givenTexts = ({ environment }: KeySource): ReadonlyArray<string> =>
  [current, previous].map((name) => environment[name]?.trim() ?? "")

interface Given {
  readonly key: Key
  /** As it was given, and as it may be written. */
  readonly texts: ReadonlyArray<string>
}

interface Where extends KeySource {
  readonly root: string
  /** Files that others can read, of which this was said. */
  readonly told: Set<string>
}

const keyFrom = Effect.fnUntraced(function* (variable: string, where: Where) {
  const { environment, file, root, told } = where
  // A variable that is set to nothing is how many tools unset it.
  const given = ways.filter((way) => (environment[variable + way] ?? "") !== "")
  if (file === null && given.length > 1) return yield* unusable(variable, "twice")
  const way = file === null ? given[0] : "_FILE"
  if (way === undefined) return null
  const said = file ?? environment[variable + way]!
  const text =
    way === "" ? said : yield* way === "_FILE" ? textOf(said, root, told) : answerOf(variable + way, said, environment)
  const bytes = bytesOf(text.trim())
  if (bytes === null) return yield* unusable(way === "_FILE" ? said : variable + way, "form")
  return { key: keyOf(bytes), texts: [text.trim(), ...formsOf(bytes)] } satisfies Given
})

const answerOf = (variable: string, command: string, environment: KeySource["environment"]) =>
  printedBy(command, environment).pipe(Effect.mapError((how) => unusable(variable, "command", how)))

const textOf = Effect.fnUntraced(function* (file: string, root: string, told: Set<string>) {
  const { text, real, isOpen } = yield* Effect.try({
    try: () => ({ real: realpathSync(file), isOpen: isForAll(file), text: readFileSync(file, "utf8") }),
    catch: (cause) => unusable(file, "unreadable", errnoOf(cause)),
  })
  if (real.startsWith(root + path.sep)) return yield* unusable(file, "beside")
  if (isOpen && !told.has(file)) {
    told.add(file)
    yield* Effect.logWarning(`every user of this machine can read the key in file "${file}": chmod 600 keeps it to you`)
  }
  return text
})

/** Docker makes its secrets readable to all of a container, which has no other users. Windows has no such bits. */
const isForAll = (file: string): boolean => {
  const stat = statSync(file)
  const isApart = process.platform === "win32" || file.startsWith("/run/secrets/")
  return stat.isFile() && !isApart && (stat.mode & 0o004) !== 0
}

const unusable = (from: string, why: KeyUnusable["why"], code: string | null = null) =>
  new KeyUnusable({ from, why, code })

/** Null for what doesn't say 32 bytes in exactly one way: a passphrase must not pass for a key. */
const bytesOf = (text: string): Buffer | null => {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, "hex")
  const bytes = Buffer.from(text, "base64")
  const isExact = formsOf(bytes).includes(text.replace(/=$/, "")) && bytes.length === 32
  return isExact ? bytes : null
}

const formsOf = (bytes: Buffer): ReadonlyArray<string> => {
  const base64 = bytes.toString("base64")
  const hex = bytes.toString("hex")
  return [base64, base64.replace(/=+$/, ""), bytes.toString("base64url"), hex, hex.toUpperCase()]
}

/** One key for the cipher and another one to tell it by, so that what is shown says nothing about what is secret. */
const keyOf = (bytes: Buffer): Key => {
  const derived = (purpose: string, length: number): Buffer =>
    Buffer.from(hkdfSync("sha256", bytes, "", `openislands tokens: ${purpose}`, length))
  return { id: derived("key id", 6).toString("hex"), secret: derived("encryption", 32) }
}

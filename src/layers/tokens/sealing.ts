import { Effect } from "effect"
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import { TokensUnreadable } from "../../services/domain/AuthError.ts"
import { KeyMissing, KeyWrong } from "../../services/domain/KeyError.ts"
import type { Key, Keys } from "./keys.ts"

/** A file that holds encrypted tokens says so to whoever opens it. Binary parts are base64. */
interface Sealed {
  readonly encrypted: typeof encrypted
  readonly version: typeof version
  readonly connector: string
  readonly cipher: typeof cipher
  readonly keyId: string
  readonly nonce: string
  /** The encrypted text, and the 16 bytes that prove that nobody changed it or what stands above. */
  readonly sealed: string
}

const encrypted = "openislands tokens"
const version = 1
const cipher = "aes-256-gcm"
const tag = 16

/** Encrypts a connector's tokens. No two times alike: each has a nonce of its own, never used before with this key. */
export const seal = (connector: string, text: string, { id, secret }: Key): string => {
  const header = headerOf(connector, id)
  const nonce = randomBytes(12)
  const into = createCipheriv(cipher, secret, nonce, { authTagLength: tag }).setAAD(boundTo(header))
  const sealed = Buffer.concat([into.update(text, "utf8"), into.final(), into.getAuthTag()])
  return textOf({ ...header, nonce: nonce.toString("base64"), sealed: sealed.toString("base64") })
}

const headerOf = (connector: string, keyId: string) =>
  ({ encrypted, version, connector, cipher, keyId }) satisfies Partial<Sealed>

/** With the connector's name in it, one connector's file doesn't do for another. */
const boundTo = (header: ReturnType<typeof headerOf>): Buffer => Buffer.from(JSON.stringify(header))

const textOf = (file: Sealed): string => `${JSON.stringify(file, null, 2)}\n`

export interface Place {
  readonly connector: string
  /** Relative to the project root. */
  readonly file: string
}

export interface Opened {
  readonly text: string
  readonly key: Key
}

/** Whether a parsed file is one of ours that is encrypted; whole or damaged. */
export const isSealed = (document: unknown): document is object =>
  typeof document === "object" && document !== null && ("encrypted" in document || "sealed" in document)

/** Decrypts what `seal` gave; anything else, to the last byte, is an error. */
export const unseal = (
  place: Place,
  text: string,
  document: object,
  { current, previous }: Keys,
): Effect.Effect<Opened, KeyMissing | KeyWrong | TokensUnreadable> => {
  const unreadable = (detail: string) => Effect.fail(new TokensUnreadable({ ...place, detail }))
  const { keyId, nonce, sealed, ...others } = document as { readonly [K in keyof Sealed]?: unknown }
  if (typeof others.version === "number" && others.version > version) {
    return unreadable("it was encrypted by a newer version of openislands")
  }
  if (typeof keyId !== "string" || typeof nonce !== "string" || typeof sealed !== "string") return unreadable(damaged)
  if (typeof others.connector === "string" && others.connector !== place.connector) {
    return unreadable(`it was encrypted for connector ${JSON.stringify(others.connector)}`)
  }
  const header = headerOf(place.connector, keyId)
  // Base64 and JSON can be written in many ways; we write them in one.
  if (text !== textOf({ ...header, nonce, sealed })) return unreadable(damaged)
  const given = [current, previous].filter((one) => one !== null)
  const key = given.find(({ id }) => id === keyId)
  if (key === undefined) {
    const lacking = { ...place, keyId }
    if (given.length === 0) return Effect.fail(new KeyMissing(lacking))
    return Effect.fail(new KeyWrong({ ...lacking, given: given.map(({ id }) => id) }))
  }
  const plain = decrypt(key, boundTo(header), nonce, sealed)
  return plain === null ? unreadable(damaged) : Effect.succeed({ text: plain, key })
}

const damaged = "it is damaged"

/** Null for whatever is not exactly what was encrypted. */
const decrypt = ({ secret }: Key, bound: Buffer, nonce: string, sealed: string): string | null => {
  const iv = Buffer.from(nonce, "base64")
  const bytes = Buffer.from(sealed, "base64")
  const isExact = iv.toString("base64") === nonce && bytes.toString("base64") === sealed
  if (!isExact || iv.length !== 12 || bytes.length < tag) return null
  const from = createDecipheriv(cipher, secret, iv, { authTagLength: tag })
  from.setAAD(bound).setAuthTag(bytes.subarray(-tag))
  const head = from.update(bytes.subarray(0, -tag))
  try {
    return Buffer.concat([head, from.final()]).toString("utf8")
  } catch {
    // The one thing that it throws for: what was changed.
    return null
  }
}

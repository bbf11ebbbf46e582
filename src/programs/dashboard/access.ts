import { Effect, Schema } from "effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import { readFile } from "node:fs/promises"
import { errnoOf } from "../../layers/errno.ts"

/** Who may come in: whoever knows the token. */
export interface Access {
  readonly accepts: (token: string) => boolean
  /** By the header, or by the cookie of a browser that was signed in. */
  readonly admits: (request: HttpServerRequest) => boolean
  /** What a browser is given instead of the token, which cannot be told from it. */
  readonly cookie: { readonly name: string; readonly value: string }
}

/** Takes as long whatever the difference is. */
export const isSame = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other))

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

/** Cookies don't tell ports apart, so the name has to: two servers on one machine would sign each other out. */
export const accessBy = (token: string, port: number): Access => {
  const name = `openislands_${port}`
  const value = createHmac("sha256", token).update("a browser that was signed in").digest("base64url")
  const accepts = (given: string): boolean => isSame(given, token)
  return {
    accepts,
    cookie: { name, value },
    admits: ({ headers, cookies }) => {
      const bearer = /^bearer +(.+)$/i.exec(headers["authorization"] ?? "")?.[1]
      if (bearer !== undefined) return accepts(bearer)
      const cookie = cookies[name]
      return cookie !== undefined && isSame(cookie, value)
    },
  }
}

const shortest = 16

/** The token that clients have to know: a file's text, or else what the environment says; null when there is neither. */
export const readToken = Effect.fnUntraced(function* (file: string | null, environment: string | undefined) {
  // A variable that is set to nothing is how many tools unset it.
  if (file === null && (environment ?? "") === "") return null
  const from = file ?? "OPENISLANDS_TOKEN"
  const text =
    file === null
      ? (environment ?? "")
      : yield* Effect.tryPromise({
          try: () => readFile(file, "utf8"),
          catch: (cause) => new TokenUnusable({ from, detail: `it cannot be read (${errnoOf(cause)})` }),
        })
  const token = text.trim()
  if (token.length < shortest) {
    return yield* new TokenUnusable({ from, detail: `it has less than ${shortest} characters` })
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    return yield* new TokenUnusable({ from, detail: "it has characters that a header cannot hold" })
  }
  return token
})

export class TokenUnusable extends Schema.TaggedError<TokenUnusable>()("TokenUnusable", {
  /** A file, or the variable's name. */
  from: Schema.String,
  detail: Schema.String,
}) {
  override get message() {
    return `the token in ${this.from} cannot be used: ${this.detail}`
  }
  get suggestion() {
    return "Make one with: openssl rand -base64 32 > token, and start with --token-file token."
  }
}

export class TokenMissing extends Schema.TaggedError<TokenMissing>()("TokenMissing", { host: Schema.String }) {
  override get message() {
    return `other machines can reach ${this.host}, so clients have to know a token, and there is none`
  }
  get suggestion() {
    return "Make one with: openssl rand -base64 32 > token, and start with --token-file token (or OPENISLANDS_TOKEN); without --host only this machine is served."
  }
}

import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { parseEnv } from "node:util"
import type { Declaration } from "../../services/domain/Description.ts"
import type { Access } from "../../services/domain/GuestError.ts"
import { EnvUnreadable } from "../../services/TokenService.ts"
import { errnoOf } from "../errno.ts"

/** What `.env` says, by key. */
export type Env = ReadonlyMap<string, string>

/** Reads `.env` anew each time, so that an edit counts at once; nothing of it enters `process.env`. */
export const envReader = (file: string): Effect.Effect<Env, EnvUnreadable> => {
  let last: { readonly bytes: Buffer; readonly env: Env } | null = null
  return Effect.try({
    try: () => {
      const bytes = bytesOf(file)
      if (last === null || !last.bytes.equals(bytes)) last = { bytes, env: parse(bytes) }
      return last.env
    },
    catch: (cause) => {
      const code = errnoOf(cause)
      const detail = code === "EISDIR" ? "it is a directory" : code === "Error" ? (cause as Error).message : code
      return new EnvUnreadable({ file: ".env", detail })
    },
  })
}

const bytesOf = (file: string): Buffer => {
  try {
    return readFileSync(file)
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") return Buffer.alloc(0)
    throw cause
  }
}

const parse = (bytes: Buffer): Env => {
  if (bytes.includes(0)) throw new Error("it is not a text file")
  const text = bytes
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .replaceAll("\r\n", "\n")
  return new Map(Object.entries(parseEnv(text)).map(([key, value]) => [key, value ?? ""]))
}

/** The `.env` keys that a connector needs before it can run. */
export const requiredKeys = ({ auth, secrets }: Declaration): ReadonlyArray<string> => [
  ...new Set([...secrets, ...keysOf(auth)]),
]

const keysOf = (auth: Declaration["auth"]): ReadonlyArray<string> => {
  if (auth === null) return []
  if (auth.type === "bearer") return [auth.data.tokenEnv]
  const { clientIdEnv, clientSecretEnv } = auth.data
  return clientSecretEnv === null ? [clientIdEnv] : [clientIdEnv, clientSecretEnv]
}

/** What a provider lets it in by; its client's id and secret are no part of it where a human's tokens are. */
export const accessOf = (declaration: Declaration): Access => {
  const { auth, secrets } = declaration
  return { auth: auth?.type ?? "none", keys: auth?.type === "oauth2" ? secrets : requiredKeys(declaration) }
}

/** The key of what everybody may see: it stands in the address that a browser is sent to. */
export const publicKey = ({ auth }: Declaration): string | null =>
  auth === null || auth.type === "bearer" ? null : auth.data.clientIdEnv

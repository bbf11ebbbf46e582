import { Effect, Layer } from "effect"
import { readFileSync } from "node:fs"
import { parseEnv } from "node:util"
import type { Declaration } from "../services/domain/Description.ts"
import { Project } from "../services/Project.ts"
import { EnvUnreadable, MissingSecrets, NotConnected, TokenService } from "../services/TokenService.ts"
import { errnoOf } from "./errno.ts"
import { redactorOf } from "./redaction.ts"

/** The `.env` keys that a connector needs before it can run. */
const requiredKeys = ({ auth, secrets }: Declaration): ReadonlyArray<string> => {
  const forAuth =
    auth === null
      ? []
      : auth.type === "bearer"
        ? [auth.data.tokenEnv]
        : [auth.data.clientIdEnv, auth.data.clientSecretEnv]
  return [...new Set([...secrets, ...forAuth])]
}

const bytesOf = (file: string): Buffer => {
  try {
    return readFileSync(file)
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") return Buffer.alloc(0)
    throw cause
  }
}

const parse = (bytes: Buffer): ReadonlyMap<string, string> => {
  if (bytes.includes(0)) throw new Error("it is not a text file")
  const text = bytes
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .replaceAll("\r\n", "\n")
  return new Map(Object.entries(parseEnv(text)).map(([key, value]) => [key, value ?? ""]))
}

/** Reads `.env` anew each time, so that an edit counts at once; nothing of it enters `process.env`. */
export const layer = Layer.effect(
  TokenService,
  Effect.gen(function* () {
    const project = yield* Project

    let last: { readonly bytes: Buffer; readonly env: ReadonlyMap<string, string> } | null = null

    const readEnv = Effect.try({
      try: () => {
        const bytes = bytesOf(project.layout.env)
        if (last === null || !last.bytes.equals(bytes)) last = { bytes, env: parse(bytes) }
        return last.env
      },
      catch: (cause) => {
        const code = errnoOf(cause)
        const detail = code === "EISDIR" ? "it is a directory" : code === "Error" ? (cause as Error).message : code
        return new EnvUnreadable({ file: ".env", detail })
      },
    })

    const missingKeys = Effect.fnUntraced(function* (declaration: Declaration) {
      const keys = requiredKeys(declaration)
      // A connector that needs nothing of it doesn't suffer from a broken .env.
      if (keys.length === 0) return { env: new Map<string, string>(), missing: [] }
      const env = yield* readEnv
      const missing = keys.filter((key) => (env.get(key) ?? "") === "")
      return { env, missing }
    })

    return {
      renew: Effect.fn("TokenService.renew")(function* (_connector, declaration, refused) {
        if (declaration.auth?.type !== "bearer") return null
        const accessToken = (yield* readEnv).get(declaration.auth.data.tokenEnv) ?? ""
        return accessToken === "" || accessToken === refused ? null : { accessToken }
      }),
      redactor: readEnv.pipe(Effect.map((env) => redactorOf(env.values()))),
      status: Effect.fn("TokenService.status")(function* (_connector, declaration) {
        const { missing } = yield* missingKeys(declaration)
        return { connected: missing.length === 0 && declaration.auth?.type !== "oauth2", missingSecrets: missing }
      }),
      credentials: Effect.fn("TokenService.credentials")(function* (connector, declaration) {
        const { env, missing } = yield* missingKeys(declaration)
        if (missing.length > 0) return yield* new MissingSecrets({ connector, missing })
        if (declaration.auth?.type === "oauth2") return yield* new NotConnected({ connector })
        return {
          secrets: Object.fromEntries(declaration.secrets.map((key) => [key, env.get(key) ?? ""])),
          tokens: declaration.auth === null ? null : { accessToken: env.get(declaration.auth.data.tokenEnv) ?? "" },
        }
      }),
    }
  }),
)

import { Clock, Effect, Layer } from "effect"
import { NoSignIn, type TokensUnreadable } from "../services/domain/AuthError.ts"
import type { Declaration } from "../services/domain/Description.ts"
import { Project } from "../services/Project.ts"
import { MissingSecrets, type Tokens, TokenService } from "../services/TokenService.ts"
import { type Env, envReader, publicKey, requiredKeys } from "./tokens/env.ts"
import { expired, notConnected } from "./tokens/notConnected.ts"
import type { Party } from "./tokens/provider.ts"
import { SecretTexts } from "./tokens/secretTexts.ts"
import { SignIns } from "./tokens/signIns.ts"
import { readTokens, type Stored, tokenTexts, writeTokens } from "./tokens/tokenFile.ts"

/** Shorter values are found in half of all words: they cannot be redacted. */
const shortest = 6
/** Milliseconds before its end at which an access token is refreshed. */
const ahead = 60_000

/** What talks to providers, loaded when somebody has to. */
const loadOAuth = Effect.promise(async () => ({
  ...(await import("./tokens/grants.ts")),
  ...(await import("./tokens/oauthTokens.ts")),
  ...(await import("./tokens/revoking.ts")),
}))

/** `.env` for what a human writes, a file per connector for what a provider hands out. */
export const layer = Layer.effect(
  TokenService,
  Effect.gen(function* () {
    const project = yield* Project
    const readEnv = envReader(project.layout.env)
    const secrets = new SecretTexts()
    const signIns = new SignIns()

    const missingKeys = Effect.fnUntraced(function* (declaration: Declaration) {
      const keys = requiredKeys(declaration)
      // A connector that needs nothing of it doesn't suffer from a broken .env.
      if (keys.length === 0) return { env: new Map() as Env, missing: [], short: [] }
      const env = yield* readEnv
      const known = publicKey(declaration)
      secrets.add(env.values())
      if (known !== null) secrets.allow(env.get(known) ?? "")
      const missing = keys.filter((key) => (env.get(key) ?? "") === "")
      const short = keys.filter((key) => key !== known && !missing.includes(key) && env.get(key)!.length < shortest)
      return { env, missing, short }
    })

    const envFor = Effect.fnUntraced(function* (connector: string, declaration: Declaration) {
      const { env, missing } = yield* missingKeys(declaration)
      if (missing.length > 0) return yield* new MissingSecrets({ connector, missing })
      return env
    })

    const fresh = Effect.fnUntraced(function* (party: Party, stillGood: (stored: Stored, now: number) => boolean) {
      const { freshTokens } = yield* loadOAuth
      const stored = yield* freshTokens(project, party, stillGood)
      secrets.add([stored.accessToken, stored.refreshToken ?? ""])
      return tokensOf(stored)
    })

    const tokensFor = Effect.fnUntraced(function* (connector: string, { auth }: Declaration, env: Env) {
      if (auth === null) return null
      if (auth.type === "bearer") return { accessToken: env.get(auth.data.tokenEnv) ?? "" } satisfies Tokens
      return yield* fresh(partyOf(connector, auth, env), isGood)
    })

    return {
      status: Effect.fn("TokenService.status")(function* (connector, declaration) {
        const { missing, short } = yield* missingKeys(declaration)
        const needs = { missingSecrets: missing, shortSecrets: short }
        if (declaration.auth?.type !== "oauth2") return { ...needs, connected: missing.length === 0, error: null }
        const error = yield* signedIn(project, connector)
        return { ...needs, connected: missing.length === 0 && error === null, error: error === absent ? null : error }
      }),

      credentials: Effect.fn("TokenService.credentials")(function* (connector, declaration) {
        const env = yield* envFor(connector, declaration)
        const tokens = yield* tokensFor(connector, declaration, env)
        return { secrets: Object.fromEntries(declaration.secrets.map((key) => [key, env.get(key) ?? ""])), tokens }
      }),

      renew: Effect.fn("TokenService.renew")(function* (connector, declaration, refused) {
        const env = yield* envFor(connector, declaration)
        const { auth } = declaration
        const tokens =
          auth === null || auth.type === "bearer"
            ? yield* tokensFor(connector, declaration, env)
            : yield* fresh(partyOf(connector, auth, env), (stored) => stored.accessToken !== refused)
        return tokens === null || tokens.accessToken === refused ? null : tokens
      }),

      authorize: Effect.fn("TokenService.authorize")(function* (connector, declaration, redirectUri) {
        const { auth } = declaration
        if (auth?.type !== "oauth2") return yield* new NoSignIn({ connector })
        const env = yield* envFor(connector, declaration)
        const { authorizeUrl } = yield* loadOAuth
        const begun = yield* signIns.begin(connector, declaration, redirectUri, auth.data.pkce)
        const party = { ...partyOf(connector, auth, env), data: auth.data }
        const url = yield* authorizeUrl(party, redirectUri, begun.state, begun.verifier)
        return { authorizeUrl: url, state: begun.state }
      }),

      complete: Effect.fn("TokenService.complete")(function* (connector, answer) {
        const pending = yield* signIns.take(connector, answer.get("state"))
        const { auth } = pending.declaration
        if (auth?.type !== "oauth2") return yield* new NoSignIn({ connector })
        const env = yield* envFor(connector, pending.declaration)
        const { codeGrant, keep, tokenLock } = yield* loadOAuth
        const grant = codeGrant({ ...partyOf(connector, auth, env), data: auth.data }, { ...pending, answer })
        // The code is good for once: what it brings must not be lost.
        yield* Effect.uninterruptible(
          grant.pipe(
            Effect.tap(({ accessToken, refreshToken = "" }) =>
              Effect.sync(() => secrets.add([accessToken, refreshToken])),
            ),
            Effect.flatMap((granted) =>
              tokenLock(project, connector).pipe(Effect.andThen(keep(project, connector, null, granted))),
            ),
            Effect.scoped,
          ),
        )
      }),

      disconnect: Effect.fn("TokenService.disconnect")(function* (connector, declaration) {
        const { revoke, tokenLock } = yield* loadOAuth
        return yield* Effect.gen(function* () {
          yield* tokenLock(project, connector)
          const stored = yield* readTokens(project, connector).pipe(Effect.orElseSucceed(() => null))
          const auth = declaration?.auth ?? null
          const env = yield* readEnv.pipe(Effect.orElseSucceed(() => new Map() as Env))
          // Forgotten first: what the provider does about it must not keep anybody connected.
          yield* writeTokens(project, connector, null)
          if (stored === null || auth === null || auth.type === "bearer") return { revoked: null }
          const revoked = yield* revoke(partyOf(connector, auth, env), stored).pipe(
            Effect.catch(({ message }) => Effect.logWarning(message).pipe(Effect.as(false))),
          )
          return { revoked }
        }).pipe(Effect.scoped)
      }),

      // A .env that cannot be read hides nothing more; what was known before, and the tokens, are still secrets.
      redactor: readEnv.pipe(
        Effect.map((env) => secrets.add(env.values())),
        Effect.ignore,
        Effect.map(() => {
          secrets.add(tokenTexts(project))
          return secrets.redact
        }),
      ),
    }
  }),
)

type OAuth = Extract<NonNullable<Declaration["auth"]>, { readonly data: { readonly clientIdEnv: string } }>

const partyOf = (connector: string, { data }: OAuth, env: Env): Party => ({
  connector,
  data,
  clientId: env.get(data.clientIdEnv) ?? "",
  clientSecret: data.clientSecretEnv === null ? null : (env.get(data.clientSecretEnv) ?? ""),
})

const isGood = ({ expiresAt }: Stored, now: number): boolean => expiresAt === undefined || expiresAt - now > ahead

/** What a connector is given of what is kept: the specification's three. */
const tokensOf = ({ accessToken, refreshToken, expiresAt }: Stored): Tokens => ({
  accessToken,
  ...(refreshToken === undefined ? {} : { refreshToken }),
  ...(expiresAt === undefined ? {} : { expiresAt }),
})

/** Nobody has signed in yet, which is no error. */
const absent = Symbol("absent")

/** Null while what is kept will do, as far as that can be told without asking the provider. */
const signedIn = Effect.fnUntraced(
  function* (project: Project["Service"], connector: string) {
    const stored = yield* readTokens(project, connector)
    if (stored === null) return absent
    if (stored.refused !== undefined) return notConnected(connector, stored)
    const now = yield* Clock.currentTimeMillis
    const over = stored.refreshToken === undefined && stored.expiresAt !== undefined && stored.expiresAt <= now
    return over ? expired(connector) : null
  },
  Effect.catch((unreadable: TokensUnreadable) => Effect.succeed(unreadable)),
)

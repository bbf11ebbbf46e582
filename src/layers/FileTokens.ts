import { Effect, Layer, Result } from "effect"
import { NoSignIn } from "../services/domain/AuthError.ts"
import type { Declaration } from "../services/domain/Description.ts"
import { Project } from "../services/Project.ts"
import { MissingSecrets, type Tokens, TokenService } from "../services/TokenService.ts"
import { isTooShort } from "./redaction.ts"
import { type Env, envReader, publicKey, requiredKeys } from "./tokens/env.ts"
import { lackOf, neverSignedIn } from "./tokens/connection.ts"
import { keepAllAs, listKept } from "./tokens/keeping.ts"
import { givenTexts, keyReader, KeySource, noKeys } from "./tokens/keys.ts"
import type { Party } from "./tokens/provider.ts"
import { SecretTexts } from "./tokens/secretTexts.ts"
import { SignIns } from "./tokens/signIns.ts"
import { demandKey, forgetTokens, readTokens, type Stored, type TokenHome, tokenTexts } from "./tokens/tokenFile.ts"
import { tokenLock } from "./tokens/tokenLock.ts"

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
    const keySource = yield* KeySource
    const readKeys = keyReader(keySource, project.root, readEnv)
    const home = Effect.map(readKeys, (keys): TokenHome => ({ project, keys }))

    const missingKeys = Effect.fnUntraced(function* (declaration: Declaration) {
      const keys = requiredKeys(declaration)
      // A connector that needs nothing of it doesn't suffer from a broken .env.
      if (keys.length === 0) return { env: new Map() as Env, missing: [], short: [] }
      const env = yield* readEnv
      const known = publicKey(declaration)
      secrets.add(env.values())
      if (known !== null) secrets.allow(env.get(known) ?? "")
      const missing = keys.filter((key) => (env.get(key) ?? "") === "")
      const short = keys.filter((key) => key !== known && !missing.includes(key) && isTooShort(env.get(key)!))
      return { env, missing, short }
    })

    const envFor = Effect.fnUntraced(function* (connector: string, declaration: Declaration) {
      const { env, missing } = yield* missingKeys(declaration)
      if (missing.length > 0) return yield* new MissingSecrets({ connector, missing })
      return env
    })

    const fresh = Effect.fnUntraced(function* (party: Party, stillGood: (stored: Stored, now: number) => boolean) {
      const { freshTokens } = yield* loadOAuth
      const stored = yield* freshTokens(yield* home, party, stillGood)
      secrets.addTokens([stored.accessToken, stored.refreshToken ?? ""])
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
        const lacking = yield* lackOf(home, connector, declaration)
        const error = lacking === neverSignedIn ? null : lacking
        return { ...needs, connected: missing.length === 0 && lacking === null, error }
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
        // What is encrypted is not to be replaced by plain text, or by what another key encrypts.
        yield* demandKey(yield* home, connector)
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
        const { codeGrant, keep } = yield* loadOAuth
        const grant = codeGrant({ ...partyOf(connector, auth, env), data: auth.data }, { ...pending, answer })
        const there = yield* home
        yield* Effect.gen(function* () {
          yield* tokenLock(there, connector)
          yield* demandKey(there, connector)
          // The code is good for once: what it brings must not be lost.
          yield* Effect.uninterruptible(
            grant.pipe(
              Effect.tap(({ accessToken, refreshToken = "" }) =>
                Effect.sync(() => secrets.addTokens([accessToken, refreshToken])),
              ),
              Effect.flatMap((granted) => keep(there, connector, null, granted)),
            ),
          )
        }).pipe(Effect.scoped)
      }),

      disconnect: Effect.fn("TokenService.disconnect")(function* (connector, declaration) {
        const { revokeKept } = yield* loadOAuth
        const env = yield* Effect.result(readEnv)
        const auth = declaration?.auth ?? null
        const keys: Env = Result.getOrElse(env, () => new Map())
        const party = auth === null || auth.type === "bearer" ? null : partyOf(connector, auth, keys)
        return yield* Effect.gen(function* () {
          yield* tokenLock({ project }, connector)
          const stored = yield* home.pipe(
            Effect.flatMap((there) => readTokens(there, connector)),
            Effect.result,
          )
          // Forgotten first: what the provider does about it must not keep anybody connected.
          yield* forgetTokens({ project }, connector)
          const hadNone = Result.isSuccess(stored) && stored.success === null
          // Without the client's keys nothing can be asked of it.
          const known = Result.isFailure(env) && !hadNone ? Result.fail(env.failure) : stored
          return { revoked: party === null ? null : yield* revokeKept(party, known) }
        }).pipe(Effect.scoped)
      }),

      kept: Effect.gen(function* () {
        const there = yield* home
        return { keyId: there.keys.current?.id ?? null, tokens: yield* listKept(there) }
      }).pipe(Effect.withSpan("TokenService.kept")),

      keepAll: Effect.fn("TokenService.keepAll")(function* (as) {
        const there = yield* home
        const { current } = there.keys
        if (current === null) return null
        return { keyId: current.id, tokens: yield* keepAllAs(there, as === "plain" ? null : current) }
      }),

      // A .env or a key that cannot be read hides nothing more; what was known before, and other tokens, are still secrets.
      redactor: Effect.gen(function* () {
        secrets.add(givenTexts(keySource))
        yield* readEnv.pipe(
          Effect.map((env) => secrets.add(env.values())),
          Effect.ignore,
        )
        const keys = yield* readKeys.pipe(Effect.orElseSucceed(() => noKeys))
        secrets.add(keys.texts)
        secrets.addTokens(yield* tokenTexts({ project, keys }))
        return secrets.redact
      }),
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

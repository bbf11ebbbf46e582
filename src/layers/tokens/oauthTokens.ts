import { Clock, Effect } from "effect"
import { NotConnected, ProviderRefused } from "../../services/domain/AuthError.ts"
import { clientGrant, refreshGrant } from "./grants.ts"
import { expired, notConnected } from "./notConnected.ts"
import type { Grant, Party } from "./provider.ts"
import { settle } from "./keeping.ts"
import { readKept, readTokens, type Stored, type TokenHome, writeTokens } from "./tokenFile.ts"
import { tokenLock } from "./tokenLock.ts"

/**
 * Tokens that don't do any more are replaced by one process for all: whoever waited for the lock looks first whether
 * that has happened. New ones are durable before anybody uses them.
 */
export const freshTokens = Effect.fnUntraced(function* (
  home: TokenHome,
  party: Party,
  stillGood: (stored: Stored, now: number) => boolean,
) {
  const { connector } = party
  const early = yield* readKept(home, connector)
  const now = yield* Clock.currentTimeMillis
  const isGood = (stored: Stored, at: number) => stored.refused === undefined && stillGood(stored, at)
  if (early !== null && early.key === home.keys.current && isGood(early.stored, now)) return early.stored
  return yield* Effect.gen(function* () {
    yield* tokenLock(home, connector)
    const kept = yield* readKept(home, connector)
    if (kept !== null && isGood(kept.stored, yield* Clock.currentTimeMillis)) {
      yield* settle(home, connector, kept)
      return kept.stored
    }
    // A token that was handed out and not kept would be lost.
    return yield* Effect.uninterruptible(replace(home, party, kept?.stored ?? null))
  }).pipe(Effect.scoped)
})

const replace = Effect.fnUntraced(function* (home: TokenHome, party: Party, stored: Stored | null) {
  const { connector, data } = party
  if (!("authorizeUrl" in data)) {
    return yield* keep(home, connector, stored, yield* clientGrant(party, stored?.authMethod))
  }
  if (stored === null) return yield* new NotConnected({ connector, why: null })
  if (stored.refused !== undefined) return yield* notConnected(connector, stored)
  if (stored.refreshToken === undefined) {
    return yield* expired(connector)
  }
  return yield* refreshGrant(party, stored.refreshToken, stored.authMethod).pipe(
    Effect.flatMap((grant) => keep(home, connector, stored, grant)),
    Effect.catchIf(isRevoked, (refusal) => giveUp(home, connector, stored, refusal)),
  )
})

const isRevoked = (error: { readonly _tag: string }): error is ProviderRefused =>
  error instanceof ProviderRefused && error.error === "invalid_grant"

/** Somebody who doesn't know our lock may have been first: only what is still the same is given up. */
const giveUp = Effect.fnUntraced(function* (
  home: TokenHome,
  connector: string,
  tried: Stored,
  { error, description }: ProviderRefused,
) {
  const there = yield* readTokens(home, connector)
  if (there !== null && there.refreshToken !== tried.refreshToken) return there
  const at = yield* Clock.currentTimeMillis
  const refused: Stored = { ...tried, refused: { at, error, description } }
  yield* writeTokens(home, connector, refused)
  return yield* notConnected(connector, refused)
})

/** What a provider doesn't say again stays as it was. */
export const keep = Effect.fnUntraced(function* (
  home: TokenHome,
  connector: string,
  before: Stored | null,
  grant: Grant,
) {
  const now = yield* Clock.currentTimeMillis
  const refreshToken = grant.refreshToken ?? before?.refreshToken
  const scope = grant.scope ?? before?.scope
  const authMethod = grant.authMethod ?? before?.authMethod
  const stored: Stored = {
    accessToken: grant.accessToken,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(grant.expiresIn === undefined ? {} : { expiresAt: now + grant.expiresIn * 1_000 }),
    obtainedAt: now,
    ...(scope === undefined ? {} : { scope }),
    ...(authMethod === undefined ? {} : { authMethod }),
  }
  yield* writeTokens(home, connector, stored)
  return stored
})

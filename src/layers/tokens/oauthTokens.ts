import { Clock, Effect } from "effect"
import * as path from "node:path"
import { NotConnected, ProviderRefused, TokensUnwritable } from "../../services/domain/AuthError.ts"
import type { Project } from "../../services/Project.ts"
import { waitLock } from "../store/SqliteLocks.ts"
import { clientGrant, refreshGrant } from "./grants.ts"
import { expired, notConnected } from "./notConnected.ts"
import type { Grant, Party } from "./provider.ts"
import { readTokens, type Stored, writeTokens } from "./tokenFile.ts"

/**
 * Tokens that don't do any more are replaced by one process for all: whoever waited for the lock looks first whether
 * that has happened. New ones are durable before anybody uses them.
 */
export const freshTokens = Effect.fnUntraced(function* (
  project: Project["Service"],
  party: Party,
  stillGood: (stored: Stored, now: number) => boolean,
) {
  const { connector } = party
  const early = yield* readTokens(project, connector)
  const now = yield* Clock.currentTimeMillis
  if (early !== null && early.refused === undefined && stillGood(early, now)) return early
  return yield* Effect.gen(function* () {
    yield* tokenLock(project, connector)
    const stored = yield* readTokens(project, connector)
    if (stored !== null && stored.refused === undefined && stillGood(stored, yield* Clock.currentTimeMillis)) {
      return stored
    }
    // A token that was handed out and not kept would be lost.
    return yield* Effect.uninterruptible(replace(project, party, stored))
  }).pipe(Effect.scoped)
})

/** Held while the tokens of a connector are replaced, by whichever process. */
export const tokenLock = Effect.fnUntraced(function* (project: Project["Service"], connector: string) {
  const { layout } = project
  const file = path.join(layout.locks, `token-${connector}.lock`)
  const failed = (code: string) => new TokensUnwritable({ connector, file: path.relative(project.root, file), code })
  yield* project.ensure(layout.locks).pipe(Effect.mapError(({ code }) => failed(code)))
  yield* waitLock(file).pipe(
    Effect.catchTag("LockBusy", () => Effect.fail(failed("it is in use"))),
    Effect.catchTag("LockFailed", ({ detail }) => Effect.fail(failed(detail))),
  )
})

const replace = Effect.fnUntraced(function* (project: Project["Service"], party: Party, stored: Stored | null) {
  const { connector, data } = party
  if (!("authorizeUrl" in data)) {
    return yield* keep(project, connector, stored, yield* clientGrant(party, stored?.authMethod))
  }
  if (stored === null) return yield* new NotConnected({ connector, why: null })
  if (stored.refused !== undefined) return yield* notConnected(connector, stored)
  if (stored.refreshToken === undefined) {
    return yield* expired(connector)
  }
  return yield* refreshGrant(party, stored.refreshToken, stored.authMethod).pipe(
    Effect.flatMap((grant) => keep(project, connector, stored, grant)),
    Effect.catchIf(isRevoked, (refusal) => giveUp(project, connector, stored, refusal)),
  )
})

const isRevoked = (error: { readonly _tag: string }): error is ProviderRefused =>
  error instanceof ProviderRefused && error.error === "invalid_grant"

/** Somebody who doesn't know our lock may have been first: only what is still the same is given up. */
const giveUp = Effect.fnUntraced(function* (
  project: Project["Service"],
  connector: string,
  tried: Stored,
  { error, description }: ProviderRefused,
) {
  const there = yield* readTokens(project, connector)
  if (there !== null && there.refreshToken !== tried.refreshToken) return there
  const at = yield* Clock.currentTimeMillis
  const refused: Stored = { ...tried, refused: { at, error, description } }
  yield* writeTokens(project, connector, refused)
  return yield* notConnected(connector, refused)
})

/** What a provider doesn't say again stays as it was. */
export const keep = Effect.fnUntraced(function* (
  project: Project["Service"],
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
  yield* writeTokens(project, connector, stored)
  return stored
})

import { Clock, Effect } from "effect"
import type { Declaration } from "../../services/domain/Description.ts"
import type { KeyUnusable } from "../../services/domain/KeyError.ts"
import { expired, notConnected } from "./notConnected.ts"
import { readTokens, type TokenHome } from "./tokenFile.ts"

/** Which is no error. */
export const neverSignedIn = Symbol("neverSignedIn")

/** What a connector lacks beside the keys of `.env`; null while what is kept will do, as far as that can be told without asking the provider. */
export const lackOf = Effect.fnUntraced(
  function* (home: Effect.Effect<TokenHome, KeyUnusable>, connector: string, { auth }: Declaration) {
    if (auth === null || auth.type === "bearer") return null
    const stored = yield* readTokens(yield* home, connector)
    // Those of client credentials are fetched when they are needed.
    if (auth.type !== "oauth2") return null
    if (stored === null) return neverSignedIn
    if (stored.refused !== undefined) return notConnected(connector, stored)
    const now = yield* Clock.currentTimeMillis
    const over = stored.refreshToken === undefined && stored.expiresAt !== undefined && stored.expiresAt <= now
    return over ? expired(connector) : null
  },
  Effect.catch((unusable) => Effect.succeed(unusable)),
)

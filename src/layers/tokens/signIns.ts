import { Clock, Effect } from "effect"
import { randomBytes } from "node:crypto"
import { SignInInvalid } from "../../services/domain/AuthError.ts"
import type { Declaration } from "../../services/domain/Description.ts"

/** A sign-in that a human has begun and not yet ended. */
interface Pending {
  readonly connector: string
  readonly declaration: Declaration
  readonly redirectUri: string
  /** Null for a provider that refuses PKCE. */
  readonly verifier: string | null
  /** Epoch milliseconds. */
  readonly startedAt: number
}

/** Milliseconds in which a human has to come back. */
const patience = 10 * 60_000
/** Sign-ins that may be under way; the oldest gives way. */
const most = 100

/** Kept in memory only: whoever starts a sign-in has to be there when it ends. */
export class SignIns {
  readonly #pending = new Map<string, Pending>()

  begin(connector: string, declaration: Declaration, redirectUri: string, pkce: boolean) {
    return Effect.map(Clock.currentTimeMillis, (startedAt) => {
      const state = unguessable()
      const verifier = pkce ? unguessable() : null
      for (const [oldest] of this.#pending) {
        if (this.#pending.size < most) break
        this.#pending.delete(oldest)
      }
      this.#pending.set(state, { connector, declaration, redirectUri, verifier, startedAt })
      return { state, verifier }
    })
  }

  /** Answers it once: from then on its state means nothing. */
  take(connector: string, state: string | null) {
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const pending = state === null ? undefined : this.#pending.get(state)
      if (state === null || pending === undefined) return fail(connector, "unknown")
      if (pending.connector !== connector) return fail(connector, "elsewhere")
      this.#pending.delete(state)
      if (now - pending.startedAt > patience) return fail(connector, "expired")
      return Effect.succeed({ ...pending, state })
    })
  }
}

const unguessable = (): string => randomBytes(32).toString("base64url")

const fail = (connector: string, why: SignInInvalid["why"]) => Effect.fail(new SignInInvalid({ connector, why }))

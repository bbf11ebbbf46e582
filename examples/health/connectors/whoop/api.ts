import { byCursor, type OAuth2Auth, paginate, rateLimiter, type SyncContext } from "@openislands/connector-kit"
import type { Recovery, Sleep, Workout } from "./records.ts"

const whoop = "https://api.prod.whoop.com"

export const auth = {
  type: "oauth2",
  data: {
    authorizeUrl: `${whoop}/oauth/oauth2/auth`,
    tokenUrl: `${whoop}/oauth/oauth2/token`,
    // Without "offline" there is no refresh token, and one would have to sign in again every hour.
    scopes: ["read:recovery", "read:sleep", "read:workout", "offline"],
    clientIdEnv: "WHOOP_CLIENT_ID",
    clientSecretEnv: "WHOOP_CLIENT_SECRET",
    tokenEndpointAuthMethod: "client_secret_post",
  },
} as const satisfies OAuth2Auth

/** By their paths. */
export interface Collections {
  recovery: Recovery
  "activity/sleep": Sleep
  "activity/workout": Workout
}

interface Page<R> {
  readonly records: ReadonlyArray<R>
  readonly next_token?: string | null
}

/**
 * Pulls collections within Whoop's limit of 100 requests a minute, of which retries need a few. A pull answers all records
 * from `start` on (epoch milliseconds, -Infinity: from the first one), the oldest first, and each once: one that comes or goes
 * while the pages are pulled moves the others.
 */
export const puller = ({ fetch, signal }: Pick<SyncContext, "fetch" | "signal">) => {
  const limited = rateLimiter({ requests: 90, per: "1m", signal })(fetch)
  return async <Path extends keyof Collections>(path: Path, start: number) => {
    type One = Collections[Path]
    const url = new URL(`${whoop}/developer/v2/${path}?limit=25`)
    if (Number.isFinite(start)) url.searchParams.set("start", new Date(start).toISOString())
    const rows = ({ records }: Page<One>) => records
    const next = byCursor("nextToken", ({ next_token }: Page<One>) => next_token)
    const newestFirst = new Map<string | number, One>()
    for await (const record of paginate({ fetch: limited, url, rows, next })) {
      newestFirst.set("id" in record ? record.id : record.cycle_id, record)
    }
    return [...newestFirst.values()].toReversed()
  }
}

/**
 * When the last of these records began, or `before` if that was later; a recovery begins when it is computed. One that a
 * wrong clock has dated into the future doesn't count: a cursor that went there would miss all until then.
 */
export const newestOf = (records: ReadonlyArray<Recovery | Sleep | Workout>, before: number): number =>
  records
    .map((one) => Date.parse("start" in one ? one.start : one.created_at))
    .filter((at) => at <= Date.now())
    .reduce((newest, at) => Math.max(newest, at), before)

export const day = 24 * 3_600_000

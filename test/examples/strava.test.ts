import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { coreAt } from "../../src/layers/Core.ts"
import { SyncService } from "../../src/services/SyncService.ts"
import { json, provider, type TokenRequest } from "../fixtures/oauthProvider.ts"
import { projectAt, rowsOf, signIn } from "./project.ts"

const hour = 3_600_000
const began = Date.now() - 200 * 24 * hour
const activity = (id: number, at: number, name = `activity ${id}`) => ({
  id,
  name,
  sport_type: "Run",
  start_date: new Date(began + at * hour).toISOString(),
  start_date_local: new Date(began + (at + 1) * hour).toISOString().replace(".000", ""),
  distance: id * 1000,
})

type Activity = ReturnType<typeof activity>

/** Strava on this machine, with these activities. An access token is good for three requests. */
const strava = Effect.fnUntraced(function* (all: Map<number, Activity>) {
  const seen = { scope: "", refreshes: 0 }
  let serial = 0
  let left = 0
  const tokens = ({ body, headers }: TokenRequest): object | null => {
    const isClient = body.get("client_id") === "12345" && body.get("client_secret") === "the-client-secret"
    if (!isClient || headers.authorization !== undefined) return null
    if (body.get("grant_type") === "refresh_token") {
      if (body.get("refresh_token") !== `refresh-${serial}`) return null
      seen.refreshes++
    } else if (body.get("code") !== "the-code") return null
    serial++
    left = 3
    const expires = { expires_at: Math.floor(Date.now() / 1000) + 21_600, expires_in: 21_600 }
    return {
      token_type: "Bearer",
      access_token: `access-${serial}`,
      refresh_token: `refresh-${serial}`,
      ...expires,
      athlete: { id: 1 },
    }
  }
  const { url } = yield* provider((request, response) => {
    const { pathname, searchParams } = new URL(request.path, "http://strava")
    if (pathname === "/oauth/authorize") {
      seen.scope = searchParams.get("scope") ?? ""
      const location = `${searchParams.get("redirect_uri")}?state=${searchParams.get("state")}&code=the-code&scope=read`
      return response.writeHead(302, { location }).end()
    }
    if (pathname === "/oauth/token") {
      const granted = tokens(request)
      return json(response, granted ?? { message: "Bad Request", errors: [] }, granted === null ? 400 : 200)
    }
    if (request.headers.authorization !== `Bearer access-${serial}` || left-- <= 0) {
      return json(response, { message: "Authorization Error" }, 401)
    }
    const number = (name: string, absent: number) => Number(searchParams.get(name) ?? absent)
    const size = number("per_page", 30)
    const later = [...all.values()]
      .filter(({ start_date }) => Date.parse(start_date) > number("after", 0) * 1000)
      .toSorted((one, other) => one.start_date.localeCompare(other.start_date))
    json(response, later.slice((number("page", 1) - 1) * size, number("page", 1) * size))
  })
  return { url, seen }
})

const byId = (one: { readonly id: number }, other: { readonly id: number }): number => one.id - other.id

it.live("strava: a sign-in, every page, and later what is new, late and edited", () =>
  Effect.gen(function* () {
    const all = new Map(Array.from({ length: 230 }, (_, n) => [n, activity(n, n * 12)]))
    const { url, seen } = yield* strava(all)
    const root = yield* projectAt(
      url,
      { example: "catalog", file: "connectors/strava/index.ts", origin: "https://www.strava.com" },
      { strava: { module: "connectors/strava", datasets: { activities: "activities" } } },
      { STRAVA_CLIENT_ID: "12345", STRAVA_CLIENT_SECRET: "the-client-secret" },
    )
    const sync = Effect.gen(function* () {
      const run = yield* SyncService.use((service) => service.sync("strava", { trigger: "cli" }))
      assert.deepInclude(run, { outcome: "success", error: null })
      const rows = rowsOf(root, "activities").map(({ id, name, distance }) => ({ id, name, distance }))
      const expected = [...all.values()].map(({ id, name, distance }) => ({ id, name, distance }))
      assert.deepEqual(rows.toSorted(byId), expected.toSorted(byId))
      return run.checkpoint_id
    })
    yield* Effect.gen(function* () {
      yield* signIn("strava")
      assert.strictEqual(seen.scope, "activity:read_all")
      yield* sync
      assert.isNull(yield* sync)
      all.set(228, activity(228, 228 * 12, "renamed"))
      all.set(300, activity(300, 226 * 12 + 1, "uploaded late"))
      all.set(301, activity(301, 232 * 12, "new"))
      assert.isNotNull(yield* sync)
      assert.isAbove(seen.refreshes, 0)
    }).pipe(Effect.provide(coreAt(root)))
  }),
)

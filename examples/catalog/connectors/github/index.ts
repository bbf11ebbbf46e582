import {
  byLink,
  type ContextFetch,
  defineConnector,
  type FetchOptions,
  type Next,
  pages,
  paginate,
} from "@openislands/connector-kit"
import { z } from "zod"
import { issue, type Item, pullRequest, rowOf, star } from "./rows.ts"

/** Seconds that a sync looks back: what GitHub's copies of its database show late. */
const overlap = 120
const everything = { state: "all", sort: "updated", direction: "asc" }

export default defineConnector({
  description: "Issues, pull requests and stars of GitHub repositories",
  config: z.object({
    repositories: z.array(z.string().regex(/^[\w.-]+\/[\w.-]+$/, "as in owner/name")).min(1),
    since: z.iso.date().default("2008-01-01").describe("Issues and pull requests updated before it are left out"),
    stars: z.boolean().default(true).describe("A request per 100 stars in each sync; GitHub shows 40,000 at most"),
  }),
  auth: { type: "bearer", data: { tokenEnv: "GITHUB_TOKEN" } },
  schedule: "1h",
  outputs: {
    issues: { description: "one row an issue, upserted when it was updated", key: "id", schema: issue },
    pull_requests: { description: "one row a pull request, upserted likewise", key: "id", schema: pullRequest },
    stars: { description: "who starred each repository and still does, replaced each sync", schema: star },
  },
  async sync(ctx) {
    const newest = { ...(ctx.state.newest as Record<string, string> | undefined) }
    for (const repository of ctx.config.repositories) {
      const since = before(newest[repository] ?? ctx.config.since, overlap)
      const url = at(`/repos/${repository}/issues`, { ...everything, since })
      const options = { fetch: ctx.fetch, url, rows: (page: Array<Item>) => page, next: onwards, init }
      for await (const { rows, index } of pages(options)) {
        // GitHub lists pull requests among the issues. Each schema takes the columns that are its own.
        const all = Map.groupBy(rows, ({ pull_request }) => (pull_request ? "pull_requests" : "issues"))
        await ctx.upsert("issues", all.get("issues")?.map(rowOf(repository)) ?? [])
        await ctx.upsert("pull_requests", all.get("pull_requests")?.map(rowOf(repository)) ?? [])
        newest[repository] = rows.at(-1)?.updated_at ?? newest[repository] ?? ctx.config.since
        ctx.state.newest = { ...newest }
        if (index % 10 === 9) await ctx.checkpoint()
      }
    }
    if (ctx.config.stars) await ctx.replace("stars", starsOf(ctx.fetch, ctx.config.repositories))
  },
})

/**
 * By time, not by number: what is updated meanwhile moves to the end of the list, and would move others over to pages that
 * were read already. Only of more than a hundred of one second the next page is asked for by its number.
 */
const onwards: Next<Array<Item>> = (page) => {
  const numbered = byLink()(page)
  const since = before(page.body.at(-1)?.updated_at ?? 0, 1)
  const url = new URL(page.url)
  if (numbered === null || since <= url.searchParams.get("since")!) return numbered
  return at(url.pathname, { ...everything, since })
}

/** Who takes a star back and gives it anew while the pages are read is on two of them. */
async function* starsOf(fetch: ContextFetch, repositories: ReadonlyArray<string>) {
  for (const repository of repositories) {
    const seen = new Set<string>()
    const stars = paginate({
      fetch,
      url: at(`/repos/${repository}/stargazers`, {}),
      rows: (page: Array<{ starred_at: string; user: { login: string } | null }>) => page,
      next: byLink(),
      init: { ...init, headers: { ...init.headers, accept: "application/vnd.github.star+json" } },
    })
    for await (const { starred_at, user } of stars) {
      if (user === null || seen.has(user.login)) continue
      seen.add(user.login)
      yield { repository, user: user.login, starred_at }
    }
  }
}

const at = (path: string, parameters: Readonly<Record<string, string>>): string =>
  `https://api.github.com${path}?${new URLSearchParams({ ...parameters, per_page: "100" })}`

/** As GitHub writes times: without milliseconds. */
const before = (time: string | number, seconds: number): string =>
  `${new Date(new Date(time).getTime() - seconds * 1000).toISOString().slice(0, 19)}Z`

/** GitHub's limits are a 403 or a 429, and not all of them say Retry-After. */
const busy: FetchOptions["busy"] = ({ status, headers }) => {
  if (status !== 403 && status !== 429) return null
  const wait = headers.get("retry-after")
  if (wait !== null) return Number(wait)
  return headers.get("x-ratelimit-remaining") === "0" ? new Date(Number(headers.get("x-ratelimit-reset")) * 1000) : null
}

const init = { busy, headers: { accept: "application/vnd.github+json", "x-github-api-version": "2022-11-28" } }

import {
  byCursor,
  byCursorInBody,
  type ContextFetch,
  defineConnector,
  type Next,
  pages,
  paginate,
  rateLimiter,
  responseError,
} from "@openislands/connector-kit"
import { z } from "zod"
import { columnsOf, type NotionPage, type Property } from "./columns.ts"

const api = "https://api.notion.com/v1"
const headers = { "notion-version": "2025-09-03", "content-type": "application/json" }
/** Seconds that a sync looks back: what Notion lists late. Its times are whole minutes in any case. */
const overlap = 180

export default defineConnector({
  description: "The rows of Notion databases",
  config: z.object({
    database: z.string().describe("The 32 digits before the question mark in the database's own link"),
    refresh: z
      .enum(["edited", "all"])
      .default("edited")
      .describe("all: every row in each sync, for databases whose rows are deleted, or that have rollups"),
  }),
  auth: { type: "bearer", data: { tokenEnv: "NOTION_TOKEN" } },
  schedule: "1h",
  outputs: {
    rows: { description: "one row a page of the database, upserted when it was edited", key: "page_id" },
  },
  async sync(ctx) {
    const { database, refresh } = ctx.config
    const limited = rateLimiter({ requests: 3, per: "1s", signal: ctx.signal })
    const fetch = limited(ctx.fetch)
    const response = await fetch(`${api}/databases/${database}`, { headers })
    if (!response.ok) throw await responseError(response)
    const { data_sources: sources } = (await response.json()) as { data_sources: ReadonlyArray<{ id: string }> }

    if (refresh === "all") {
      await ctx.replace("rows", everything(fetch, sources))
      ctx.state = {}
      return
    }
    for (const { id } of sources) {
      const newest = ctx.state[id] as string | undefined
      const from = new Date(newest === undefined ? 0 : Date.parse(newest) - overlap * 1000)
      for await (const { rows, index } of pages(query(fetch, id, from.toISOString()))) {
        await ctx.upsert("rows", await Promise.all(rows.map((page) => rowOf(fetch, page))))
        if (rows.length > 0) ctx.state[id] = rows.at(-1)?.last_edited_time
        if (index % 10 === 9) await ctx.checkpoint()
      }
    }
  },
})

interface List<Result> {
  results: Array<Result>
  has_more: boolean
  next_cursor: string | null
}

/** What was edited in or after a minute, the oldest edit first. */
const query = (fetch: ContextFetch, source: string, since: string) => ({
  fetch,
  url: `${api}/data_sources/${source}/query`,
  rows: ({ results }: List<NotionPage>) => results,
  next: onwards,
  // A query changes nothing, so it may be sent twice.
  init: { method: "POST", idempotent: true, headers, body: bodyOf(since) },
})

const bodyOf = (since: string): string =>
  JSON.stringify({
    filter: { timestamp: "last_edited_time", last_edited_time: { on_or_after: since } },
    sorts: [{ timestamp: "last_edited_time", direction: "ascending" }],
    page_size: 100,
  })

/**
 * By time: Notion's cursor names the row to go on with, and one that is edited meanwhile moves to the end, past all that
 * was still to come. Only within one minute, where many rows have the same time, the cursor is used.
 */
const onwards: Next<List<NotionPage>> = (page) => {
  if (!page.body.has_more) return null
  const { body } = page.init as { body: string }
  const last = page.body.results.at(-1)?.last_edited_time ?? ""
  if (last > JSON.parse(body).filter.last_edited_time.on_or_after) return { init: { ...page.init, body: bodyOf(last) } }
  return byCursorInBody<List<NotionPage>>("start_cursor", ({ next_cursor }) => next_cursor)(page)
}

/** Rows that come twice, because they were edited meanwhile, count once, as they were first. */
async function* everything(fetch: ContextFetch, sources: ReadonlyArray<{ id: string }>) {
  const seen = new Set<string>()
  for (const { id } of sources) {
    for await (const page of paginate(query(fetch, id, new Date(0).toISOString()))) {
      if (!seen.has(page.id)) yield await rowOf(fetch, page)
      seen.add(page.id)
    }
  }
}

const nextProperty = byCursor<List<Property>>("start_cursor", ({ next_cursor }) => next_cursor)

/** Notion lists 25 relations of a page with it, and the rest on request. */
const rowOf = async (fetch: ContextFetch, page: NotionPage) => {
  for (const property of Object.values(page.properties)) {
    if (property.type !== "relation" || !property.has_more) continue
    const url = `${api}/pages/${page.id}/properties/${property.id}?page_size=100`
    const rows = ({ results }: List<Property>) => results
    property["relation"] = []
    for await (const { relation } of paginate({ fetch, url, rows, next: nextProperty, init: { headers } })) {
      property["relation"].push(relation)
    }
  }
  return columnsOf(page)
}

import { testConnector } from "@openislands/connector-kit/testing"
import assert from "node:assert/strict"
import { test } from "node:test"
import type { NotionPage } from "./columns.ts"
import notion from "./index.ts"

// Answers as in https://developers.notion.com/reference/query-a-data-source, /reference/page-property-values and
// /reference/retrieve-a-database
const database = "d9824bdc84454327be8b5b47500af6ce"
const source = "164b19c5-58e5-4a47-a3a9-c905d9519c65"
const api = "https://api.notion.com/v1"
const found = { body: { object: "database", id: database, data_sources: [{ id: source, name: "Tasks" }] } }
const minute = (at: number) => new Date(Date.parse("2026-02-01T00:00:00Z") + at * 60_000).toISOString()

const page = (number: number, edited: number, title = `Task ${number}`): NotionPage => ({
  id: `page-${number}`,
  url: `https://www.notion.so/page-${number}`,
  created_time: minute(0),
  last_edited_time: minute(edited),
  in_trash: false,
  properties: { Name: { id: "title", type: "title", title: [{ id: "", type: "text", plain_text: title }] } },
})

/** A property, or an item of one. */
const of = (type: string, value: unknown, more: object = {}) => ({ id: type, type, [type]: value, ...more })

/** A database whose cursor names the row to go on with, as Notion's does; `meanwhile` happens before each query. */
const table = (all: Array<NotionPage>, meanwhile?: (query: number, named: string | null) => void) => {
  let queries = 0
  let next_cursor: string | null = null
  return async (request: Request) => {
    if (request.method === "GET") return found
    meanwhile?.(++queries, next_cursor)
    const { filter, start_cursor } = (await request.json()) as any
    const rows = all
      .filter((row) => row.last_edited_time >= filter.last_edited_time.on_or_after)
      .toSorted((one, other) => one.last_edited_time.localeCompare(other.last_edited_time))
    const from = start_cursor === undefined ? 0 : rows.findIndex(({ id }) => id === start_cursor)
    if (from === -1) return { status: 400, body: { object: "error", code: "validation_error" } }
    next_cursor = rows[from + 100]?.id ?? null
    return {
      body: { object: "list", results: rows.slice(from, from + 100), next_cursor, has_more: next_cursor !== null },
    }
  }
}

test("rows that are edited while the pages are read make no other go missing", async () => {
  const all = Array.from({ length: 350 }, (_, number) => page(number, number))
  const { rows, state, error } = await testConnector(notion, {
    config: { database },
    fetch: table(all, (query, named) => {
      // One that was read already, and the very row that the cursor names.
      all[query] = page(query, 1_000 + query, "edited")
      if (named !== null) all[Number(named.slice(5))] = page(Number(named.slice(5)), 1_000 + query, "edited")
    }),
  })
  assert.equal(error, undefined)
  assert.equal(rows.rows.length, 350)
  assert.equal(rows.rows.filter((row) => row["Name"] === "edited").length, 7)
  assert.deepEqual(state, { [source]: minute(1_004) })
})

test("many rows of one minute, as an import makes them", async () => {
  const all = Array.from({ length: 350 }, (_, number) =>
    page(number, number < 30 ? number : number < 320 ? 30 : number),
  )
  const { rows, requests } = await testConnector(notion, { config: { database }, fetch: table(all) })
  assert.equal(new Set(rows.rows.map(({ page_id }) => page_id)).size, 350)
  assert.ok(requests.length <= 6)
  assert.deepEqual(requests[1]!.headers["notion-version"], "2025-09-03")
})

test("the next sync asks from the minute of the newest edit, and a little before", async () => {
  const all = [page(1, 10), page(2, 20), page(3, 20, "edited later in the same minute")]
  const state = { [source]: minute(20) }
  const { rows, requests, ...after } = await testConnector(notion, { config: { database }, state, fetch: table(all) })
  assert.deepEqual(
    rows.rows.map(({ page_id }) => page_id),
    ["page-2", "page-3"],
  )
  assert.equal(JSON.parse(requests[1]!.body).filter.last_edited_time.on_or_after, minute(17))
  assert.deepEqual(after.state, state)
  const nothing = await testConnector(notion, { config: { database }, state, fetch: table([]) })
  assert.deepEqual([nothing.rows.rows, nothing.state, nothing.error], [[], state, undefined])
})

test("refresh all: every row replaces the dataset, for what no edit tells of", async () => {
  const all = [page(1, 10), page(2, 20)]
  const config = { database, refresh: "all" as const }
  const { rows, state } = await testConnector(notion, { config, state: { [source]: minute(20) }, fetch: table(all) })
  assert.equal(rows.rows.length, 2)
  assert.deepEqual(state, {})
})

test("properties become columns", async () => {
  const one = {
    ...page(1, 1),
    properties: {
      ID: of("unique_id", { prefix: "TASK", number: 7 }),
      Due: of("date", { start: "2026-03-01", end: "2026-03-02", time_zone: null }),
      Status: of("status", { id: "1", name: "Done", color: "green" }),
      Tags: of("multi_select", [{ name: "a" }, { name: "b" }]),
      Who: of("people", [
        { object: "user", id: "u1", name: "Ada" },
        { object: "user", id: "u2" },
      ]),
      Points: of("number", 2.5),
      Empty: of("select", null),
      Sum: of("rollup", { type: "number", number: 42, function: "sum" }),
      Names: of("rollup", { type: "array", array: [of("title", [{ plain_text: "x" }])], function: "show_original" }),
      Late: of("formula", { type: "boolean", boolean: true }),
      Files: of("files", [
        { name: "a.pdf", type: "file", file: { url: "https://s3/a?expires", expiry_time: minute(60) } },
        { name: "b", type: "external", external: { url: "https://example.com/b" } },
      ]),
      Go: of("button", {}),
      Parents: of("relation", [{ id: "r1" }], { has_more: true }),
    },
  }
  const parents = `GET ${api}/pages/page-1/properties/relation`
  const { rows, error } = await testConnector(notion, {
    config: { database },
    fetch: {
      [`GET ${api}/databases/${database}`]: found,
      [`POST ${api}/data_sources/${source}/query`]: { body: { results: [one], next_cursor: null, has_more: false } },
      [`${parents}?page_size=100`]: {
        body: { results: [of("relation", { id: "r1" })], next_cursor: "c", has_more: true },
      },
      [`${parents}?page_size=100&start_cursor=c`]: {
        body: { results: [of("relation", { id: "r2" })], next_cursor: null },
      },
    },
  })
  assert.equal(error, undefined)
  const { page_id, page_url, page_created_time, page_last_edited_time, ...properties } = rows.rows[0]!
  assert.deepEqual([page_id, page_created_time, page_last_edited_time], ["page-1", minute(0), minute(1)])
  assert.equal(page_url, "https://www.notion.so/page-1")
  assert.deepEqual(properties, {
    Due: "2026-03-01",
    "Due (end)": "2026-03-02",
    Empty: null,
    Files: ["a.pdf", "https://example.com/b"],
    ID: "TASK-7",
    Late: true,
    Names: ["x"],
    Parents: ["r1", "r2"],
    Points: 2.5,
    Status: "Done",
    Sum: 42,
    Tags: ["a", "b"],
    Who: ["Ada", "u2"],
  })
})

test("a busy Notion is asked again, a database that isn't shared is an error", async () => {
  const answers = table([page(1, 1)])
  let asked = 0
  const busy = await testConnector(notion, {
    config: { database },
    fetch: (request) => (++asked === 2 ? { status: 429, headers: { "retry-after": "2" } } : answers(request)),
  })
  assert.equal(busy.error, undefined)
  assert.deepEqual(busy.waits, [2_000])
  const missing = { status: 404, body: { object: "error", code: "object_not_found" } }
  const { error } = await testConnector(notion, { config: { database }, fetch: () => missing })
  assert.match(error!.message, /databases\/d9824bdc84454327be8b5b47500af6ce answered 404: .*object_not_found/)
})

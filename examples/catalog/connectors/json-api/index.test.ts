import { testConnector } from "@openislands/connector-kit/testing"
import assert from "node:assert/strict"
import { test } from "node:test"
import bearer from "./bearer/index.ts"
import { atMost, before, orderOf } from "./cursor.ts"
import jsonApi from "./index.ts"

const url = "https://api.acme.dev/items"
const item = (id: number, more: object = {}) => ({ id, name: `item ${id}`, ...more })
const ids = (rows: ReadonlyArray<any>) => rows.map(({ id }) => id)

for (const [what, config, fetch] of [
  ["no pages", {}, { [`GET ${url}`]: { body: [item(1), item(2), item(3)] } }],
  [
    "page numbers",
    { rows: "data.items", pagination: { kind: "page", parameter: "p", first: 0 } },
    {
      [`GET ${url}`]: { body: { data: { items: [item(1), item(2)] } } },
      [`GET ${url}?p=1`]: { body: { data: { items: [item(3)] } } },
      [`GET ${url}?p=2`]: { body: { data: { items: [] } } },
    },
  ],
  [
    "offsets",
    { pagination: { kind: "offset", parameter: "skip" } },
    {
      [`GET ${url}`]: { body: [item(1), item(2)] },
      [`GET ${url}?skip=2`]: { body: [item(3)] },
      [`GET ${url}?skip=3`]: { body: [] },
    },
  ],
  [
    "a cursor",
    { rows: "items", pagination: { kind: "cursor", parameter: "after", path: "meta.next" } },
    {
      [`GET ${url}`]: { body: { items: [item(1), item(2)], meta: { next: "x" } } },
      [`GET ${url}?after=x`]: { body: { items: [item(3)], meta: {} } },
    },
  ],
  [
    "the next URL in the body",
    { rows: "items", pagination: { kind: "url", path: "next" } },
    {
      [`GET ${url}`]: { body: { items: [item(1), item(2)], next: `${url}?c=2` } },
      [`GET ${url}?c=2`]: { body: { items: [item(3)], next: null } },
    },
  ],
  [
    "a Link header",
    { pagination: { kind: "link" } },
    {
      [`GET ${url}`]: { body: [item(1), item(2)], headers: { link: `<${url}?c=2>; rel="next"` } },
      [`GET ${url}?c=2`]: { body: [item(3)] },
    },
  ],
] as const) {
  test(`${what}: all rows, as they are`, async () => {
    const { rows, error } = await testConnector(jsonApi, { config: { url, ...config }, fetch })
    assert.equal(error, undefined)
    assert.deepEqual(rows.rows, [item(1), item(2), item(3)])
  })
}

test("with a key a row that moved to the next page counts once; without changes the dataset is replaced", async () => {
  const config = { url, key: ["id"], pagination: { kind: "page" as const } }
  const { rows, logs, state } = await testConnector(jsonApi, {
    config,
    fetch: {
      [`GET ${url}`]: { body: [item(1), item(2)] },
      [`GET ${url}?page=2`]: { body: [item(2), item(3)] },
      [`GET ${url}?page=3`]: { body: [] },
    },
  })
  assert.deepEqual(rows.rows[0], { _key: "1", id: 1, name: "item 1" })
  assert.deepEqual(ids(rows.rows), [1, 2, 3])
  assert.match(logs.join(), /came a second time just as they were: 1 row$/)
  assert.deepEqual(state, {})
  const empty = await testConnector(jsonApi, { config, fetch: { [`GET ${url}`]: { body: [] } } })
  assert.deepEqual(empty.rows.rows, [])
})

test("changes: asks from the newest, a little before; revisions take their place; what is later than the sync waits", async () => {
  const config = { url, key: ["id"], changes: { parameter: "updated_since", column: "updated_at" } }
  const now = "2026-02-01T00:00:00Z"
  const first = await testConnector(jsonApi, {
    config,
    now,
    fetch: {
      [`GET ${url}`]: {
        body: [item(1, { updated_at: "2026-01-02T10:00:00Z" }), item(2, { updated_at: "2026-01-02T12:00:00+03:00" })],
      },
    },
  })
  assert.deepEqual(first.state, { newest: "2026-01-02T10:00:00Z" })
  const second = await testConnector(jsonApi, {
    config,
    now,
    state: first.state,
    fetch: {
      [`GET ${url}?updated_since=2026-01-02T09%3A55%3A00Z`]: {
        body: [
          item(1, { name: "new", updated_at: "2026-01-03T10:00:00Z" }),
          item(3, { updated_at: "2026-02-01T00:00:30Z" }),
        ],
      },
    },
  })
  assert.deepEqual(
    second.rows.rows.map(({ id, name }) => [id, name]),
    [
      [1, "new"],
      [3, "item 3"],
    ],
  )
  assert.deepEqual(second.state, { newest: now })
  const nothing = await testConnector(jsonApi, { config, now, state: first.state, fetch: () => ({ body: [] }) })
  assert.deepEqual(nothing.state, first.state)
})

test("a key of several columns; a row without its key; a row without the column of changes", async () => {
  const of = (key: Array<string>, body: unknown, more = {}) =>
    testConnector(jsonApi, { config: { url, key, ...more }, fetch: () => ({ body }) })
  const { rows } = await of(["a", "b"], [{ a: 1, b: "x,y" }])
  assert.equal(rows.rows[0]!._key, `[1,"x,y"]`)
  assert.match((await of(["a"], [{ b: 1 }])).error!.message, /key: a row has no "a": \{"b":1\}/)
  const changes = { changes: { parameter: "since", column: "at" } }
  assert.match((await of(["a"], [{ a: 1 }], changes)).error!.message, /"at" of a row is not there/)
  await assert.rejects(testConnector(jsonApi, { config: { url, ...changes } }), /config\.changes: needs a key/)
})

test("a key never loses rows: what is nested needs its path, and different rows need different keys", async () => {
  const of = (key: Array<string>, body: unknown, more = {}) =>
    testConnector(jsonApi, { config: { url, key, ...more }, fetch: () => ({ body }) })
  const stations = [{ station: { code: "A" } }, { station: { code: "B" } }]
  const { rows } = await of(["station.code"], stations)
  assert.deepEqual(
    rows.rows.map(({ _key }) => _key),
    ["A", "B"],
  )
  assert.equal((await of(["a.b"], [{ "a.b": 1 }])).rows.rows[0]!._key, "1")
  const nested = await of(["station"], stations)
  assert.match(nested.error!.message, /"station" of a row is \{"code":"A"\}, .* such as "station.code"/)
  assert.match((await of(["tags"], [{ tags: [1] }])).error!.message, /"tags" of a row is \[1\], and a key is text/)
  const wrong = [item(1, { of: "x" }), item(2, { of: "x" })]
  for (const more of [{}, { changes: { parameter: "since", column: "id" } }]) {
    const { error, rows } = await of(["of"], wrong, more)
    assert.match(error!.message, /two different rows have the key x, the second is \{"id":2/)
    assert.deepEqual(rows.rows, [])
  }
  const paged = await testConnector(jsonApi, {
    config: { url, key: ["of"], pagination: { kind: "offset" } },
    fetch: { [`GET ${url}`]: { body: [wrong[0]] }, [`GET ${url}?offset=1`]: { body: [wrong[1]] } },
  })
  assert.match(paged.error!.message, /two different rows have the key x/)
})

test("the token of the bearer variant is sent, the headers are, and a busy API is asked again", async () => {
  const { rows, requests, waits } = await testConnector(bearer, {
    config: { url, headers: { accept: "application/vnd.acme+json" } },
    tokens: { accessToken: "a token" },
    fetch: { [`GET ${url}`]: [{ status: 429, headers: { "retry-after": "7" } }, { body: [item(1)] }] },
  })
  assert.deepEqual(ids(rows.rows), [1])
  assert.equal(requests[0]!.headers["authorization"], "Bearer a token")
  assert.equal(requests[0]!.headers["accept"], "application/vnd.acme+json")
  assert.deepEqual(waits, [7_000])
})

const answering = (answer: object, more = {}) =>
  testConnector(jsonApi, { config: { url, ...more }, fetch: () => answer }).then(({ error }) => error!.message)

test("errors: an answer that isn't ok, rows that aren't where they should be, or are no objects", async () => {
  assert.match(await answering({ status: 403, body: "no" }), /items answered 403: no/)
  assert.match(await answering({ body: { data: [] } }), /rows: the answer is no array of objects/)
  assert.match(await answering({ body: { data: {} } }, { rows: "data.items" }), /rows: "data.items" of the answer/)
  assert.match(await answering({ body: [[1, 2]] }), /no array of objects/)
})

test("cursors: days, times with and without zones, numbers, other text", () => {
  assert.equal(before("2026-01-02", 60), "2026-01-01")
  assert.equal(before("2026-01-02T03:04:05.678Z", 5), "2026-01-02T03:04:00Z")
  assert.equal(before("2026-01-02 03:04:05", 5), "2026-01-02 03:04:00")
  assert.equal(before("2026-01-02T03:04:05+02:00", 5), "2026-01-02T01:04:00Z")
  assert.equal(before(1_000, 60), 940)
  assert.equal(before("01HX", 60), "01HX")
  assert.ok(orderOf("2026-01-02T03:00:00+02:00") < orderOf("2026-01-02T02:00:00Z"))
  assert.ok(orderOf(9) < orderOf(10))
  assert.equal(atMost("2026-01-02T03:04:05Z", Date.parse("2026-01-01")), "2026-01-01T00:00:00Z")
  assert.equal(atMost(5, 1), 5)
})

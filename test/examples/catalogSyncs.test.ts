import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readdir, readFile, utimes, writeFile } from "node:fs/promises"
import * as path from "node:path"
import type { Run } from "../../src/services/domain/Run.ts"
import { openislands } from "../fixtures/cli.ts"
import { copyOfExample } from "../fixtures/examples.ts"
import { provider } from "../fixtures/provider.ts"

/** The catalog with one of its connectors, configured anew, whose rows go to a dataset of their own. */
const catalog = Effect.fnUntraced(function* (name: string, connector: object, output: string, source: string) {
  const root = yield* copyOfExample("catalog")
  const view = output === "earthquakes" ? { earthquakes_now: { sql: "sql/earthquakes_now.sql" } } : {}
  const manifest = {
    datasets: { [output]: { source }, ...view },
    connectors: { [name]: { module: `connectors/${name}`, datasets: { [output]: output }, ...connector } },
  }
  const write = (file: string, text: string) => Effect.promise(() => writeFile(path.join(root, file), text))
  yield* write("manifest.json", JSON.stringify(manifest))

  const json = Effect.fnUntraced(function* <A>(...args: ReadonlyArray<string>) {
    const { code, stdout, stderr } = yield* openislands([...args, "--json"], { cwd: root })
    assert.strictEqual(code, 0, stdout + stderr)
    return JSON.parse(stdout) as A
  })
  const sync = json<{ readonly runs: ReadonlyArray<Run> }>("sync").pipe(Effect.map(({ runs }) => runs[0]!))
  const text = Effect.promise(() => readFile(path.join(root, source), "utf8"))
  /** The dataset and the cursor. */
  const bytes = Effect.promise(async () => {
    const state = path.join(root, ".openislands/state")
    const files = (await readdir(state)).map((file) => path.join(state, file))
    return Promise.all([path.join(root, source), ...files].map((file) => readFile(file, "utf8")))
  })
  /** What happens to a dataset over time: filled, left alone, changed, undone, changed again. */
  const story = Effect.fnUntraced(function* (change: Effect.Effect<unknown>) {
    const first = yield* sync
    assert.strictEqual(first.outcome, "success", JSON.stringify(first.error))
    const afterFirst = yield* bytes
    assert.deepInclude(yield* sync, { outcome: "success", checkpoint_id: null })
    assert.deepEqual(yield* bytes, afterFirst)
    yield* change
    const second = yield* sync
    const afterSecond = yield* bytes
    assert.notDeepEqual(afterSecond, afterFirst)
    const { undone } = yield* json<{ readonly undone: ReadonlyArray<string> }>("rollback")
    assert.deepEqual(undone, [second.checkpoint_id!])
    assert.deepEqual(yield* bytes, afterFirst)
    yield* sync
    assert.deepEqual(yield* bytes, afterSecond)
  })
  return { root, write, json, text, story }
})

const net = (origin: string) => ({ net: [new URL(origin).host] })
const linesOf = (text: string): ReadonlyArray<any> =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))

describe.concurrent("the catalog, through the program, over several syncs", () => {
  it.live("json-api with a token: pages by cursor, what changed since, undo", () =>
    Effect.gen(function* () {
      const items = [
        { id: 1, name: "one", updated_at: "2026-01-01T10:00:00Z" },
        { id: 2, name: "two", updated_at: "2026-01-01T11:00:00Z" },
        { id: 3, name: "three", updated_at: "2026-01-01T11:00:00Z" },
      ]
      const { origin, asked } = yield* provider(({ url, authorization }) => {
        if (authorization !== "Bearer the-token") return [401, {}, "who is it?"]
        const query = new URL(url, "http://a").searchParams
        const found = items.filter(({ updated_at }) => updated_at >= (query.get("since") ?? ""))
        const from = Number(query.get("cursor") ?? 0)
        const next = from + 2 < found.length ? from + 2 : null
        return [200, {}, JSON.stringify({ data: found.slice(from, from + 2), page: { next } })]
      })
      const { write, story, text } = yield* catalog(
        "json-api",
        {
          module: "connectors/json-api/bearer",
          config: {
            url: `${origin}/items`,
            rows: "data",
            pagination: { kind: "cursor", path: "page.next" },
            key: ["id"],
            changes: { parameter: "since", column: "updated_at" },
          },
          permissions: net(origin),
        },
        "rows",
        "data/items.csv",
      )
      yield* write(".env", "JSON_API_TOKEN=the-token\n")
      const change = Effect.sync(() => {
        items[0] = { id: 1, name: "changed", updated_at: "2026-01-02T10:00:00Z" }
        // Written late, with the time of rows that were there already.
        items.push({ id: 4, name: "late", updated_at: "2026-01-01T10:58:00Z" })
      })
      yield* story(change)
      assert.deepEqual((yield* text).trim().split("\n"), [
        "_key,id,name,updated_at",
        "1,1,changed,2026-01-02T10:00:00Z",
        "2,2,two,2026-01-01T11:00:00Z",
        "3,3,three,2026-01-01T11:00:00Z",
        "4,4,late,2026-01-01T10:58:00Z",
      ])
      assert.deepEqual(
        [...new Set(asked.map(({ url }) => url))],
        [
          "/items",
          "/items?cursor=2",
          "/items?since=2026-01-01T10%3A55%3A00Z",
          "/items?since=2026-01-01T10%3A55%3A00Z&cursor=2",
        ],
      )
    }),
  )

  it.live("usgs-earthquakes: revised, deleted and renamed events, and the view of what is left", () =>
    Effect.gen(function* () {
      const now = Date.parse("2026-02-01T00:00:00Z")
      const quake = (id: string, mag: number, more: object = {}) => ({
        id,
        geometry: { coordinates: [142, 38, 10] },
        properties: {
          mag,
          time: now - 7_200_000,
          updated: now - 600_000,
          status: "automatic",
          ids: `,${id},`,
          ...more,
        },
      })
      let all = [quake("us1", 5.1), quake("us2", 6), quake("us3", 4.6), quake("us4", 7)]
      const { origin } = yield* provider(({ url }) => {
        const query = new URL(url, "http://a").searchParams
        const features = all
          .filter(({ properties: { mag } }) => mag >= Number(query.get("minmagnitude")))
          .filter(({ properties: { updated } }) => updated > Date.parse(query.get("updatedafter") ?? "2000-01-01"))
        return [200, {}, JSON.stringify({ metadata: { generated: now }, features })]
      })
      const { json, story, text } = yield* catalog(
        "usgs-earthquakes",
        { config: { since: "2026-01-01", url: `${origin}/query` }, permissions: net(origin) },
        "earthquakes",
        "data/earthquakes.jsonl",
      )
      const change = Effect.sync(() => {
        const later = { updated: now - 60_000 }
        all = [
          quake("us1", 5.4, { ...later, status: "reviewed" }),
          quake("us2", 6, { ...later, status: "deleted" }),
          quake("us3", 4.4, later),
          // What was us4 goes by another network's id now.
          quake("jp9", 7.1, { ...later, ids: ",us4,jp9," }),
        ]
      })
      yield* story(change)
      assert.deepEqual(
        linesOf(yield* text).map(({ id, magnitude, listed }) => [id, magnitude, listed]),
        [
          ["us1", 5.4, true],
          ["us2", 6, false],
          ["us3", 4.4, false],
          ["us4", 7, true],
          ["jp9", 7.1, true],
        ],
      )
      const { rows } = yield* json<{ readonly rows: ReadonlyArray<unknown> }>(
        "query",
        "SELECT id, magnitude FROM earthquakes_now ORDER BY id",
      )
      assert.deepEqual(rows, [
        { id: "jp9", magnitude: 7.1 },
        { id: "us1", magnitude: 5.4 },
      ])
    }),
  )

  it.live("file-drop: files that come, change and go", () =>
    Effect.gen(function* () {
      const { root, story, text } = yield* catalog(
        "file-drop",
        { config: { directory: "drop" }, permissions: { read: ["drop"], net: [] } },
        "rows",
        "data/dropped.csv",
      )
      const drop = (name: string, content: string | null) =>
        Effect.promise(async () => {
          const file = path.join(root, "drop", name)
          if (content !== null) await writeFile(file, content)
          await utimes(file, new Date("2020-01-01"), new Date("2020-01-01"))
        })
      yield* drop("2026-01.csv", null)
      yield* drop("2026-02.json", null)
      const change = Effect.all([
        drop("2026-01.csv", "day,amount,category,note\n2026-01-03,13.5,books,corrected\n2026-01-09,4,coffee,\n"),
        drop("2026-03.jsonl", `{"day":"2026-03-01","amount":7}\n`),
      ])
      yield* story(change)
      assert.deepEqual((yield* text).trim().split("\n"), [
        "_key,_file,day,amount,category,note",
        "2026-01.csv#1,2026-01.csv,2026-01-03,13.5,books,corrected",
        "2026-01.csv#2,2026-01.csv,2026-01-09,4,coffee,",
        "2026-02.json#1,2026-02.json,2026-02-01,31.9,books,",
        "2026-02.json#2,2026-02.json,2026-02-14,4,coffee,00123 points",
        "2026-03.jsonl#1,2026-03.jsonl,2026-03-01,7,,",
      ])
    }),
  )
})

import { byCursor, defineConnector, paginate, responseError, RetryableError } from "@openislands/connector-kit"
import { describe, expect, it } from "vitest"
import { z } from "zod"
import { testConnector } from "../../../src/layers/testing/testConnector.ts"

const { Date: RealDate, fetch: realFetch } = globalThis
const url = "https://api.acme.dev/events"

/** One row a page, as many as there are cursors. */
const events = defineConnector({
  description: "events",
  auth: { type: "bearer", data: { tokenEnv: "TOKEN" } },
  config: z.object({ since: z.string().default("2026-01-01") }),
  outputs: { events: {} },
  async sync(ctx) {
    const rows = paginate({
      fetch: ctx.fetch,
      url: `${url}?since=${ctx.state["since"] ?? ctx.config.since}`,
      rows: (body) => body.items,
      next: byCursor("cursor", (body) => body.next),
    })
    const { inserted } = await ctx.insert("events", rows)
    ctx.log(`${inserted} events`)
    ctx.state["since"] = "2026-02-02"
  },
})

const twoPages = {
  "GET https://api.acme.dev/events?since=2026-01-01": { body: { items: [{ id: 1 }], next: "b" } },
  [`${url}?since=2026-01-01&cursor=b`]: { body: { items: [{ id: 2, at: null }] } },
}

/** A connector with outputs rows, keyed by id, and more, that does only this. */
const doing = (sync: Parameters<typeof defineConnector<{ rows: { key: "id" }; more: {} }>>[0]["sync"]) =>
  defineConnector({ description: "d", outputs: { rows: { key: "id" }, more: {} }, sync })

describe("a connector under test", () => {
  it("has its rows by output, its state, its log and its requests", async () => {
    const { rows, state, logs, requests, waits, checkpoints, error } = await testConnector(events, { fetch: twoPages })
    expect(rows).toEqual({ events: [{ id: 1 }, { id: 2, at: null }] })
    expect({ state, logs, waits, checkpoints, error }).toEqual({
      state: { since: "2026-02-02" },
      logs: ["2 events"],
      waits: [],
      checkpoints: [],
      error: undefined,
    })
    expect(requests.map(({ method, url, status }) => [method, url, status])).toEqual([
      ["GET", `${url}?since=2026-01-01`, 200],
      ["GET", `${url}?since=2026-01-01&cursor=b`, 200],
    ])
    expect(requests[0]?.headers["authorization"]).toBe("Bearer test-access-token")
  })

  it("is told that its token is not sent over plain http to another machine, once, and where it was refused", async () => {
    const refused = "http://192.0.2.2:4612/items"
    const asking = defineConnector({
      description: "d",
      auth: { type: "bearer", data: { tokenEnv: "TOKEN" } },
      outputs: { rows: {} },
      async sync(ctx) {
        await ctx.fetch("http://192.0.2.2:4612/open", { headers: { authorization: "" } })
        ctx.log("asked for none")
        await ctx.fetch("http://192.0.2.2:4612/open")
        throw await responseError(await ctx.fetch(refused))
      },
    })
    const fetch = { "http://192.0.2.2:4612/open": {}, [refused]: { status: 401, body: "who are you?" } }
    const { error, logs, requests } = await testConnector(asking, { fetch })
    const why = "no token was sent to http://192.0.2.2:4612, which is neither https nor this machine"
    expect(logs).toEqual(["asked for none", why])
    expect(error?.message).toBe(`${refused} answered 401 (${why}): who are you?`)
    expect(requests.flatMap(({ headers }) => headers["authorization"] ?? [])).toEqual([])
  })

  it("is given its config, its state, its secrets and its tokens", async () => {
    const given = { config: { since: "2025-05-05" }, tokens: { accessToken: "mine" } }
    const fetch = { [url]: { body: { items: [] } } }
    const first = await testConnector(events, { ...given, fetch })
    expect(first.requests[0]).toMatchObject({
      url: `${url}?since=2025-05-05`,
      headers: { authorization: "Bearer mine" },
    })
    const state = { since: "2026-03-03" }
    const second = await testConnector(events, { ...given, state, fetch })
    expect(second.requests[0]?.url).toBe(`${url}?since=2026-03-03`)
    // What the test holds is its own.
    expect(state).toEqual({ since: "2026-03-03" })

    const secretive = defineConnector({
      description: "d",
      secrets: ["KEY"],
      outputs: { rows: {} },
      sync: (ctx) => ctx.log(ctx.secrets.KEY),
    })
    expect((await testConnector(secretive, { secrets: { KEY: "k" } })).logs).toEqual(["k"])
    await expect(testConnector(secretive, { secrets: { KEY: "" } })).rejects.toThrow("declares the secret KEY")
  })

  it("has its config parsed once, as a run does", async () => {
    let parsed = 0
    const config = z.object({ batch: z.string().default(() => `batch ${++parsed}`) })
    const tagged = defineConnector({
      description: "What its schema makes up",
      config,
      outputs: { events: {} },
      sync: async (ctx) => void (await ctx.insert("events", [ctx.config])),
    })
    expect((await testConnector(tagged)).rows.events).toEqual([{ batch: "batch 1" }])
  })

  it("has its config checked by its schema", async () => {
    const wrong = testConnector(events, { config: { since: 5 as never } })
    await expect(wrong).rejects.toThrow(/the "config" that the test gives it: config\.since: .*expected string/)
  })

  it("writes what a project would hold: rows as they are stored, replaced and upserted", async () => {
    const { rows } = await testConnector(
      doing(async (ctx) => {
        await ctx.insert("more", [{ id: 0 }])
        await ctx.replace("more", [{ at: new Date(0), big: 12n, none: undefined, nested: { a: [1] } }])
        await ctx.insert("more", [{ at: null }])
        await ctx.upsert("rows", [{ id: 1, v: "a" }, { id: 2, v: "b" }, { id: 1, v: "c" }]) // prettier-ignore
        await ctx.checkpoint()
        await ctx.upsert("rows", [{ id: 3 }, { id: 2, v: "d" }])
      }),
    )
    expect(rows).toEqual({
      rows: [{ id: 1, v: "c" }, { id: 2, v: "d" }, { id: 3 }], // prettier-ignore
      more: [{ at: "1970-01-01T00:00:00.000Z", big: 12, none: null, nested: { a: [1] } }, { at: null }],
    })
  })

  it("keeps what it committed, when it fails later", async () => {
    const { rows, state, checkpoints, error } = await testConnector(
      doing(async (ctx) => {
        await ctx.insert("more", [{ id: 1 }])
        ctx.state["at"] = 1
        await ctx.checkpoint()
        await ctx.insert("more", [{ id: 2 }])
        ctx.state["at"] = 2
        throw new RetryableError("not now", { retryAfter: 60 })
      }),
    )
    expect(rows).toEqual({ rows: [], more: [{ id: 1 }] })
    expect(state).toEqual({ at: 1 })
    expect(checkpoints).toEqual([{ rows, state }])
    expect(error).toMatchObject({ why: "threw", message: "not now", retryable: true })
    expect(error?.retryAfter).toBeGreaterThan(59_000)
    expect(error?.cause).toBeInstanceOf(RetryableError)
  })

  it("has its rows checked", async () => {
    const { error, rows } = await testConnector(
      doing(async (ctx) => void (await ctx.insert("more", [{ id: 1 }, { id: Number.NaN }]))),
    )
    expect(error?.message).toMatch(/^row 2 of output "more", column "id": expected .*, got NaN$/)
    expect(error).toMatchObject({ why: "row", retryable: false })
    expect(rows.more).toEqual([])
    const lost = await testConnector(doing(async (ctx) => void (await ctx.insert("nowhere" as never, []))))
    expect(lost.error?.message).toBe('the connector declares no output "nowhere"')
    const unkept = await testConnector(
      doing((ctx) => {
        ctx.state["at"] = () => {}
      }),
    )
    expect(unkept.error?.message).toMatch(/^ctx\.state cannot be kept: ctx\.state\.at is a function/)
  })

  it("ends when its signal aborts", async () => {
    const stopping = new AbortController()
    const { error } = await testConnector(
      doing(async (ctx) => {
        setTimeout(() => stopping.abort(), 5)
        await ctx.fetch(url)
      }),
      { signal: stopping.signal, fetch: () => new Promise<never>(() => {}) },
    )
    expect(error?.message).toBe("it was told to stop")
  })
})

const getting = (times: number, options?: object) =>
  doing(async (ctx) => {
    for (let at = 0; at < times; at++) {
      const response = await ctx.fetch(`${url}?page=${at}`, options)
      ctx.log(`${response.status} ${response.url} ${await response.text()}`)
    }
  })

/** Takes no token but this. */
const fetchWithNew = (request: Request) =>
  request.headers.get("authorization") === "Bearer new" ? { body: { items: [] } } : { status: 401 }

describe("answers", () => {
  it("are tried again for as the runtime would, without the waiting", async () => {
    const answers = [
      { status: 503 },
      { status: 429, headers: { "retry-after": "120" } },
      { error: "ECONNRESET" },
      { body: "fine" },
    ]
    const { logs, waits, requests, error } = await testConnector(getting(1), { fetch: { [url]: answers } })
    expect(error).toBeUndefined()
    expect(waits).toEqual([375, 120_000, 1_500])
    expect(requests.map(({ status }) => status)).toEqual([503, 429, null, 200])
    expect(logs.at(-1)).toBe(`200 ${url}?page=0 fine`)
    const busy = await testConnector(getting(1), { fetch: { [url]: { status: 503 } } })
    expect(busy.requests).toHaveLength(4)
    expect(busy.error).toMatchObject({ retryable: true, message: `GET ${url}?page=0 answered 503 (tried 4 times)` })
  })

  it("may be data, responses, functions, and one after the other", async () => {
    const response = new Response("made", { status: 201 })
    const fetch = {
      [url]: [response, { body: { a: 1 } }, (request: Request) => ({ body: request.url }), async () => response],
    }
    const { logs } = await testConnector(getting(4), { fetch })
    expect(logs).toEqual([
      `201 ${url}?page=0 made`,
      `200 ${url}?page=1 {"a":1}`,
      `200 ${url}?page=2 ${url}?page=2`,
      `201 ${url}?page=3 made`,
    ])
    const all = await testConnector(getting(2), { fetch: ({ method }) => ({ body: method }) })
    expect(all.logs).toEqual([`200 ${url}?page=0 GET`, `200 ${url}?page=1 GET`])
  })

  it("go by the query first, and to plain fetch as well", async () => {
    const connector = doing(async (ctx) => {
      for (const query of ["?b=1", "?a=1", ""]) ctx.log(await (await fetch(url + query, { method: "POST" })).text())
    })
    const routes = { [`POST ${url}`]: { body: "any" }, [`POST ${url}?a=1`]: { body: "a" }, [url]: { body: "GET" } }
    const { logs, requests } = await testConnector(connector, { fetch: routes })
    expect(logs).toEqual(["any", "a", "any"])
    expect(requests).toHaveLength(3)
  })

  it("go by what a query says, however it is encoded", async () => {
    const connector = doing(async (ctx) => {
      for (const query of ["?at=12:00&name=a+b", "?at=12%3A00&name=a%20b"]) {
        ctx.log(await (await ctx.fetch(url + query)).text())
      }
    })
    const { logs } = await testConnector(connector, { fetch: { [`${url}?at=12:00&name=a%20b`]: { body: "found" } } })
    expect(logs).toEqual(["found", "found"])
  })

  it("that are missing are the test's mistake, whatever the connector makes of it", async () => {
    const careless = doing(async (ctx) => void (await ctx.fetch(url).catch(() => {})))
    await expect(testConnector(careless)).rejects.toThrow(`no route answers GET ${url}; none is given`)
    await expect(testConnector(careless, { fetch: { "POST https://a.test": {} } })).rejects.toThrow(
      `no route answers GET ${url}; the routes are:\n  POST https://a.test/`,
    )
    await expect(testConnector(getting(2), { fetch: { [url]: [{}] } })).rejects.toThrow(
      `GET ${url}?page=1 is asked for the 2. time, and its route has 1 answers`,
    )
    await expect(testConnector(careless, { fetch: { [url]: "text" as never } })).rejects.toThrow(
      /was answered with "text"/,
    )
    await expect(testConnector(careless, { fetch: { "/events": {} } })).rejects.toThrow(`"/events" is no route`)
  })

  it("that no server could give are the test's mistake as well, not the connector's", async () => {
    const careless = doing(async (ctx) => void (await ctx.fetch(url).catch(() => {})))
    for (const answer of [{ status: 42 }, { headers: { "x-next": "a\nb" } }, { body: { id: 1n } }]) {
      await expect(testConnector(careless, { fetch: { [url]: answer } })).rejects.toThrow(
        `the answer to GET ${url} cannot be one: `,
      )
    }
    const { logs } = await testConnector(getting(1), { fetch: { [url]: { status: 205, body: "" } } })
    expect(logs).toEqual([`205 ${url}?page=0 `])
  })

  it("are not asked for by a request that was aborted before", async () => {
    const aborted = doing(async (ctx) => {
      await fetch(url, { signal: AbortSignal.abort() }).catch((cause) => ctx.log(cause.name))
    })
    const { logs, requests } = await testConnector(aborted, { fetch: () => Promise.reject(new Error("asked")) })
    expect(logs).toEqual(["AbortError"])
    expect(requests).toEqual([])
  })

  it("of a 401 may bring another token", async () => {
    const renewed = await testConnector(events, {
      fetch: fetchWithNew,
      renew: (refused) => ({ accessToken: refused && "new" }),
    })
    expect(renewed.error).toBeUndefined()
    expect(renewed.requests).toHaveLength(2)
    const refused = await testConnector(events, { fetch: fetchWithNew })
    expect(refused.error?.message).toMatch(/^https:\/\/api\.acme\.dev\/events\?since=\.\.\. answered 401$/)
    expect(refused.requests).toHaveLength(1)
  })
})

describe("the time", () => {
  const telling = doing(async (ctx) => {
    ctx.log(new Date().toISOString())
    await ctx.fetch(url)
    ctx.log(new Date(Date.now()).toISOString())
    ctx.log(String([new Date(0).getTime(), new Date() instanceof Date, typeof Date()]))
  })

  it("stands still when the test says what it is, but for the waits", async () => {
    const fetch = { [url]: [{ status: 503, headers: { "retry-after": "Thu, 01 Jan 2026 00:01:00 GMT" } }, {}] }
    const { logs } = await testConnector(telling, { now: "2026-01-01T00:00:00Z", fetch })
    expect(logs.filter((line) => !line.includes("asked again"))).toEqual([
      "2026-01-01T00:00:00.000Z",
      "2026-01-01T00:01:00.000Z",
      "0,true,string",
    ])
    expect(Date).toBe(RealDate)
    await expect(testConnector(telling, { now: "soon" })).rejects.toThrow('now is no time: "soon"')
  })

  it("and the answers are each test's own, when several run at once", async () => {
    const asking = doing(async (ctx) => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      ctx.log(`${new Date().getUTCFullYear()} ${await (await globalThis.fetch(url)).text()}`)
    })
    const years = [2001, 2002, 2003]
    const results = await Promise.all(
      years.map((year) =>
        testConnector(asking, { now: new Date(Date.UTC(year, 0)), fetch: { [url]: { body: `${year}` } } }),
      ),
    )
    expect(results.map(({ logs }) => logs[0])).toEqual(["2001 2001", "2002 2002", "2003 2003"])
    // Nothing of it stays.
    expect(globalThis.fetch).toBe(realFetch)
    expect(globalThis.Date).toBe(RealDate)
  })
})

it("what defineConnector didn't make is none", async () => {
  await expect(testConnector({ sync() {} } as unknown as typeof events)).rejects.toThrow(
    "not the result of defineConnector",
  )
})

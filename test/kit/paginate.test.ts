import { describe, expect, it } from "vitest"
import {
  byCursor,
  byLink,
  byOffset,
  byPage,
  byUrl,
  type Next,
  pages,
  paginate,
  RetryableError,
} from "../../src/kit/index.ts"

const first = "https://api.acme.dev/events?limit=2"

const rows = (from: number) =>
  Array.from({ length: Math.max(0, Math.min(2, 7 - from)) }, (_, at) => ({ id: from + at }))

/** A provider of seven numbered rows, two a page; what it was asked is kept. */
const provider = (answer: (url: URL, rows: (from: number) => ReadonlyArray<{ id: number }>) => object | Response) => {
  const asked: Array<string> = []
  const fetch = async (url: string): Promise<Response> => {
    asked.push(url.replace("https://api.acme.dev/events?", ""))
    const given = answer(new URL(url), rows)
    return given instanceof Response ? given : Response.json(given)
  }
  return { asked, fetch }
}

const idsOf = async (rows: AsyncIterable<{ id: number }>) => {
  const ids: Array<number> = []
  for await (const { id } of rows) ids.push(id)
  return ids
}

interface Body {
  readonly items: ReadonlyArray<{ readonly id: number }>
  readonly total: number
}

const all = [0, 1, 2, 3, 4, 5, 6]

const numberIn = (url: URL, name: string, absent: number) => Number(url.searchParams.get(name) ?? absent)
const link = (url: URL, cursor: number) =>
  `<${url.href.replace("&c", "&x")}>; rel="prev", </events?limit=2&c=${cursor}>; title="a, \\"b\\"; rel=x"; rel="last next"`

const answer: Parameters<typeof provider>[0] = (url, rows) => ({ items: rows(numberIn(url, "offset", 0)) })

describe("all rows of all pages, each page asked for once", () => {
  const ways: ReadonlyArray<readonly [string, Next, Parameters<typeof provider>[0], ReadonlyArray<string>]> = [
    [
      "by cursor",
      byCursor("after", (body) => body.next),
      (url, rows) => {
        const at = numberIn(url, "after", 0)
        return { items: rows(at), next: at + 2 < 7 ? `${at + 2}` : null }
      },
      ["limit=2", "limit=2&after=2", "limit=2&after=4", "limit=2&after=6"],
    ],
    [
      "by page number",
      byPage(),
      (url, rows) => ({ items: rows((numberIn(url, "page", 1) - 1) * 2) }),
      ["limit=2", "limit=2&page=2", "limit=2&page=3", "limit=2&page=4", "limit=2&page=5"],
    ],
    [
      "by page number, from 0",
      byPage("p", { first: 0 }),
      (url, rows) => ({ items: rows(numberIn(url, "p", 0) * 2) }),
      ["limit=2", "limit=2&p=1", "limit=2&p=2", "limit=2&p=3", "limit=2&p=4"],
    ],
    [
      "by offset",
      byOffset(),
      (url, rows) => ({ items: rows(numberIn(url, "offset", 0)) }),
      ["limit=2", "limit=2&offset=2", "limit=2&offset=4", "limit=2&offset=6", "limit=2&offset=7"],
    ],
    [
      "by Link header, of several links and quoted parameters",
      byLink(),
      (url, rows) => {
        const at = numberIn(url, "c", 0)
        return Response.json({ items: rows(at) }, at + 2 < 7 ? { headers: { link: link(url, at + 2) } } : {})
      },
      ["limit=2", "limit=2&c=2", "limit=2&c=4", "limit=2&c=6"],
    ],
    [
      "by the URL in the body",
      byUrl((body) => body.paging.next),
      (url, rows) => {
        const at = numberIn(url, "c", 0)
        return { items: rows(at), paging: { next: at + 2 < 7 ? `https://api.acme.dev/events?c=${at + 2}` : "" } }
      },
      ["limit=2", "c=2", "c=4", "c=6"],
    ],
  ]
  for (const [way, next, answer, urls] of ways) {
    it(way, async () => {
      const { asked, fetch } = provider(answer)
      expect(await idsOf(paginate({ fetch, url: first, rows: (body) => body.items, next }))).toEqual(all)
      expect(asked).toEqual(urls)
    })
  }

  it("page by page, with each body", async () => {
    const { fetch } = provider((url, rows) => ({ items: rows(numberIn(url, "offset", 0)), total: 7 }))
    const seen = []
    const options = { fetch, url: new URL(first), next: byOffset() }
    for await (const { index, body, rows: found } of pages({ ...options, rows: (body: Body) => body.items })) {
      seen.push([index, body.total, found.length])
    }
    expect(seen).toEqual([0, 1, 2, 3, 4].map((index) => [index, 7, index < 3 ? 2 : index === 3 ? 1 : 0]))
  })

  it("a page without rows is no end where the provider says how it goes on", async () => {
    const { fetch } = provider((url, rows) => {
      const at = numberIn(url, "c", 0)
      return { items: at === 2 ? [] : rows(at), next: at + 2 < 7 ? at + 2 : undefined }
    })
    const next = byCursor("c", (body) => body.next)
    expect(await idsOf(paginate({ fetch, url: first, rows: (body) => body.items, next }))).toEqual([0, 1, 4, 5, 6])
  })

  it("asks for no more pages than it may, and none that nobody wants", async () => {
    const some = provider(answer)
    const options = { fetch: some.fetch, url: first, rows: (body: any) => body.items, next: byOffset() }
    expect(await idsOf(paginate({ ...options, maxPages: 2 }))).toEqual([0, 1, 2, 3])
    expect(some.asked).toHaveLength(2)
    const left = provider(answer)
    for await (const { id } of paginate({ ...options, fetch: left.fetch })) if (id === 1) break
    expect(left.asked).toHaveLength(1)
  })

  it("hands its init to every request", async () => {
    const given: Array<unknown> = []
    const { fetch } = provider((url, rows) => ({ items: rows(numberIn(url, "offset", 0)) }))
    const spy = (url: string, init: unknown) => (given.push(init), fetch(url))
    const init = { headers: { accept: "application/json" } }
    await idsOf(paginate({ fetch: spy, url: first, rows: (body) => body.items, next: byOffset(), init, maxPages: 2 }))
    expect(given).toEqual([init, init])
  })
})

const failure = (answer: Response | object, next: Next = byCursor("c", (body) => body.next)) =>
  idsOf(
    paginate({
      fetch: async () => (answer instanceof Response ? answer : Response.json(answer)),
      url: "https://me:pass@api.acme.dev/events?key=secret",
      rows: (body) => body.items,
      next,
    }),
  ).then(
    () => expect.unreachable("it succeeded"),
    (error: Error) => error,
  )

describe("an error, rather than rows that are missing or a loop without an end", () => {
  it("a cursor that comes again", async () => {
    const error = await failure({ items: [], next: "x" })
    expect(error.message).toBe("page 3, https://api.acme.dev/events?key=...&c=..., was fetched before: it repeats")
  })

  it("an answer that isn't ok: its URL without secrets, its status, the beginning of its body", async () => {
    const answer = new Response(`no\n  such ${"x".repeat(300)}`, { status: 404 })
    Object.defineProperty(answer, "url", { value: "https://api.acme.dev/events?key=secret" })
    const error = await failure(answer)
    expect(error.message).toBe(`https://api.acme.dev/events?key=... answered 404: no such...`)
    expect(error).toMatchObject({ name: "ResponseError", status: 404 })
    expect(RetryableError.is(error)).toBe(false)
  })

  for (const status of [429, 500, 502, 503, 504]) {
    it(`${status}, which may be tried again`, async () => {
      const error = await failure(new Response("", { status, headers: { "retry-after": "60" } }))
      expect(RetryableError.is(error) && error.retryAfter!.getTime()).toBeGreaterThan(Date.now() + 59_000)
    })
  }

  it("a body that is no JSON", async () => {
    const error = await failure(new Response("<html>Sign in</html>"))
    expect(error.message).toMatch(/answered with no JSON: <html>Sign in<\/html>$/)
    // What the parser has to say of it would tell the body once more.
    expect(error).toMatchObject({ name: "ResponseError", status: 200 })
    expect(error.cause).toBeUndefined()
    expect((await failure(new Response(" \n"))).message).toMatch(/answered with no JSON: the body is empty$/)
  })

  it("rows that are no array", async () => {
    expect((await failure({ data: [] })).message).toBe(
      "rows(body) gave no array for https://api.acme.dev/events?key=..., but undefined",
    )
  })

  it("a next page at another origin, where the token must not go", async () => {
    const error = await failure(
      { items: [], next: "https://evil.test/" },
      byUrl((body) => body.next),
    )
    expect(error.message).toMatch(/next page is at https:\/\/evil\.test: another origin is not followed/)
  })

  it("a page number that is none", async () => {
    const run = idsOf(
      paginate({
        fetch: async () => Response.json({ items: [{ id: 1 }] }),
        url: `${first}&page=x`,
        rows: (body) => body.items,
        next: byPage(),
      }),
    )
    await expect(run).rejects.toThrow('the parameter "page" of the URL must be a whole number, and is "x"')
  })
})

const linked = (link: string, relation?: string) =>
  byLink(relation)({ url: first, body: null, rows: [], index: 0, headers: new Headers({ link }) })

describe("the Link header", () => {
  for (const [header, target] of [
    [`<https://a.test/2>; rel="next"`, "https://a.test/2"],
    [`<https://a.test/2>; rel=next`, "https://a.test/2"],
    [`<https://a.test/2>;rel=NEXT`, "https://a.test/2"],
    [`<a?x=1,2;y>; rel="prev", <b?x=1,2;y> ; title="x" ; rel = "next"`, "b?x=1,2;y"],
    [`<a>; title="<b>; rel=\\"next\\", "; rel="last", <c>; rel="next"`, "c"],
    [`<a>; REL="next"`, "a"],
    [`<a>; rel="last"; rel="next"`, null],
    [`<a>; rev="next"`, null],
    [`<a>; rel="nextish"`, null],
    [`<a>; hreflang; rel="next"`, "a"],
    [`https://a.test/2; rel="next"`, null],
    ["", null],
  ] as const) {
    it(header, () => expect(linked(header)).toBe(target))
  }

  it("of another relation", () => expect(linked(`<a>; rel="next", <b>; rel="older"`, "older")).toBe("b"))
})

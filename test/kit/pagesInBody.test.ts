import { describe, expect, it } from "vitest"
import { byCursorInBody, type Next, pages } from "../../src/kit/index.ts"

const url = "https://api.acme.dev/query"
const headers = { "content-type": "application/json" }

/** What was asked for, and the ids that came. */
const asking = async (next: Next, answers: ReadonlyArray<object>, init: object) => {
  const asked: Array<readonly [string, any]> = []
  const fetch = async (url: string, init: object): Promise<Response> => {
    asked.push([url, init])
    return Response.json(answers[asked.length - 1])
  }
  const ids: Array<number> = []
  for await (const { rows } of pages<any, number>({ fetch, url, rows: (body) => body.ids, next, init }))
    ids.push(...rows)
  return { asked, ids }
}

const own: Next = ({ index }) => [{ url: "/other", init: { method: "PUT" } }, "/third", null][index]

describe("pages by what a request is made with", () => {
  const next = byCursorInBody("start_cursor", (body) => body.next_cursor)

  it("the cursor goes into the body, beside what was there; all else stays", async () => {
    const init = { method: "POST", headers, body: JSON.stringify({ page_size: 2 }) }
    const answers = [
      { ids: [1, 2], next_cursor: "b" },
      { ids: [3, 4], next_cursor: "c" },
      { ids: [5], next_cursor: null },
    ]
    const { asked, ids } = await asking(next, answers, init)
    expect(ids).toEqual([1, 2, 3, 4, 5])
    expect(asked).toEqual([
      [url, init],
      [url, { ...init, body: `{"page_size":2,"start_cursor":"b"}` }],
      [url, { ...init, body: `{"page_size":2,"start_cursor":"c"}` }],
    ])
  })

  it("a first request without a body gets one", async () => {
    const { asked } = await asking(next, [{ ids: [1], next_cursor: 7 }, { ids: [] }], { method: "POST" })
    expect(asked[1]).toEqual([url, { method: "POST", body: `{"start_cursor":7}` }])
  })

  it("a cursor that comes again is an error, not a loop without an end", async () => {
    const again = { ids: [1], next_cursor: "b" }
    await expect(asking(next, [again, again, again], { method: "POST" })).rejects.toThrow(
      "page 3, https://api.acme.dev/query, was fetched before: it repeats",
    )
  })

  it("another URL with other options, which stay for the pages after it", async () => {
    const { asked } = await asking(own, [{ ids: [1] }, { ids: [2] }, { ids: [3] }], { method: "POST" })
    expect(asked).toEqual([
      [url, { method: "POST" }],
      ["https://api.acme.dev/other", { method: "PUT" }],
      ["https://api.acme.dev/third", { method: "PUT" }],
    ])
  })
})

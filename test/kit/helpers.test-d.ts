import {
  byCursor,
  byCursorInBody,
  byPage,
  byUrl,
  defineConnector,
  paginate,
  rateLimiter,
  responseError,
  RetryableError,
} from "@openislands/connector-kit"
import { expectTypeOf } from "vitest"
import { z } from "zod"

interface Event {
  readonly id: string
}
interface Body {
  readonly items: ReadonlyArray<Event>
  readonly next?: string
}

const itemsOf = (body: Body) => body.items

export const paging = defineConnector({
  description: "pages",
  outputs: { events: {}, typed: { schema: z.object({ id: z.string() }) } },
  async sync(ctx) {
    const url = "https://api.acme.dev/events"
    // What the body is nobody has to say.
    const loose = { fetch: ctx.fetch, url, rows: (body: any) => body.items, next: byPage() }
    await ctx.insert("events", paginate(loose))
    await ctx.insert("events", paginate({ fetch: ctx.fetch, url, rows: (body) => body.items, next: byPage() }))
    const next = byCursor("cursor", (body) => body.next)
    await ctx.insert("events", paginate({ fetch: ctx.fetch, url, rows: (body) => body.items, next }))

    const typed = paginate({
      fetch: ctx.fetch,
      url: new URL(url),
      rows: (body: Body) => body.items,
      next: byUrl((body) => body.next),
    })
    expectTypeOf(typed).toEqualTypeOf<AsyncGenerator<Event, void, void>>()
    await ctx.insert("typed", typed)
    // @ts-expect-error rows of another type
    await ctx.insert("typed", paginate({ fetch: ctx.fetch, url, rows: () => [{ id: 1 }], next: byPage() }))
    // @ts-expect-error the body has no such field
    paginate({ fetch: ctx.fetch, url, rows: (body: Body) => body.items, next: byUrl((body) => body.nextt) })

    const limited = rateLimiter({ requests: 60, per: "1m", signal: ctx.signal })
    paginate({ fetch: limited(ctx.fetch), url, rows: (body: Body) => body.items, next: byPage() })
    paginate({ fetch, url, rows: (body: Body) => body.items, next: byPage() })
    const init = { method: "POST", idempotent: true, body: JSON.stringify({ limit: 50 }) }
    paginate({ fetch: ctx.fetch, url, rows: itemsOf, next: byCursorInBody("after", (body: Body) => body.next), init })
    paginate({ fetch: ctx.fetch, url, rows: itemsOf, next: (page) => ({ init: { ...page.init, body: "{}" } }) })
    // @ts-expect-error a name that is no option
    paginate({ fetch: ctx.fetch, url, rows: itemsOf, next: byPage(), init: { method: "POST", idempotnt: true } })
    // @ts-expect-error what would be sent as "[object Object]"
    paginate({ fetch: ctx.fetch, url, rows: itemsOf, next: byPage(), init: { method: "POST", body: { limit: 50 } } })
    // @ts-expect-error no span of time
    rateLimiter({ requests: 60, per: "a minute" })
  },
})

export const fetching = defineConnector({
  description: "ctx.fetch",
  outputs: { events: {} },
  async sync(ctx) {
    const response = await ctx.fetch(new URL("https://api.acme.dev"), { method: "POST", retries: 2, timeout: "30s" })
    expectTypeOf(response).toEqualTypeOf<Response>()
    await ctx.fetch(new Request("https://api.acme.dev"), { timeout: 5_000, idempotent: true })
    if (!response.ok) throw await responseError(response)
    // @ts-expect-error no span of time
    await ctx.fetch("https://api.acme.dev", { timeout: "soon" })
    // @ts-expect-error no option of fetch, nor of ours
    await ctx.fetch("https://api.acme.dev", { retry: 3 })
    throw new RetryableError("busy", { retryAfter: 30, cause: response })
  },
})

import { byCursor, defineConnector, pages, paginate, responseError, type SyncContext } from "@openislands/connector-kit"
import { z } from "zod"
import { charge, customer } from "./rows.ts"

/** Seconds that a sync looks back among the events: what Stripe lists late. */
const overlap = 600
/** Milliseconds. Stripe tells the events of 30 days: who comes later has to list everything anew. */
const eventsKept = 29 * 24 * 3_600_000
const api = "https://api.stripe.com/v1"
/** The fields below are those of this version, whatever the account's default is. */
const init = { headers: { "stripe-version": "2024-06-20" } }

export default defineConnector({
  description: "Charges and customers of a Stripe account",
  config: z.object({ since: z.iso.date().default("2010-01-01").describe("What was created before is not listed") }),
  auth: { type: "bearer", data: { tokenEnv: "STRIPE_API_KEY" } },
  schedule: "1h",
  outputs: {
    charges: { description: "one row a charge, upserted when anything happened to it", key: "id", schema: charge },
    customers: { description: "one row a customer, upserted likewise", key: "id", schema: customer },
  },
  async sync(ctx) {
    const { since } = ctx.config
    await pull(ctx, since, "charges", "type=charge.*", (rows) => ctx.upsert("charges", rows))
    const types = ["created", "updated", "deleted"].map((what) => `types[]=customer.${what}`)
    await pull(ctx, since, "customers", types.join("&"), (rows) => ctx.upsert("customers", rows))
  },
})

interface Place {
  /** The day of the last sync. Not its time: a cursor that changes makes a checkpoint, and there may be nothing new. */
  asked: string
  /** Unix seconds by Stripe's clock: up to here the events are in. */
  event: number
  /** Where a list that isn't read to its end yet has come to: it goes back in time. */
  listing?: number | null
}

interface List<R> {
  data: Array<R>
  has_more: boolean
}
interface Event {
  created: number
  data: { object: { id: string; object: string; charge?: string | null } }
}

/** A list once, then what happened since: charges are captured, refunded, disputed and settled days or months later. */
const pull = async (
  ctx: SyncContext,
  since: string,
  name: "charges" | "customers",
  types: string,
  write: (rows: ReadonlyArray<any> | AsyncIterable<any>) => Promise<unknown>,
) => {
  const asked = new Date().toISOString().slice(0, 10)
  const next = byCursor<List<any>>("starting_after", ({ data, has_more }) => (has_more ? data.at(-1).id : null))
  const options = { fetch: ctx.fetch, init, next, rows: ({ data }: List<any>) => data }
  const eventsFrom = (from: number) => `${api}/events?limit=100&${types}&created[gte]=${from}`

  let place = ctx.state[name] as Place | undefined
  if (place === undefined || Date.parse(asked) - Date.parse(place.asked) > eventsKept) {
    // Looked at before the list: what happens while that is read is told by the events from here on.
    const { value } = await paginate<List<Event>, Event>({ ...options, url: eventsFrom(0) }).next()
    place = { asked, event: value?.created ?? 0, listing: null }
  }
  if (place.listing !== undefined) {
    const older = place.listing === null ? "" : `&created[lte]=${place.listing}`
    const url = `${api}/${name}?limit=100&created[gte]=${Date.parse(since) / 1000}${older}`
    for await (const { rows, index } of pages({ ...options, url })) {
      await write(rows)
      place.listing = rows.at(-1)?.created ?? place.listing
      ctx.state[name] = { ...place }
      if (index % 10 === 9) await ctx.checkpoint()
    }
  }

  // An event holds its object as it was then, and two of one second come in any order: the object itself is asked for.
  const changed = new Set<string>()
  let newest = place.event
  for await (const event of paginate<List<Event>, Event>({
    ...options,
    url: eventsFrom(Math.max(0, place.event - overlap)),
  })) {
    const { object, id, charge } = event.data.object
    // Those of refunds and disputes name the charge that they are about.
    const concerned = object === name.slice(0, -1) ? id : charge
    if (concerned) changed.add(concerned)
    newest = Math.max(newest, event.created)
  }
  await write(objects(ctx, name, changed))
  ctx.state[name] = { asked, event: newest }
}

async function* objects(ctx: SyncContext, name: string, ids: Iterable<string>) {
  for (const id of ids) {
    const response = await ctx.fetch(`${api}/${name}/${encodeURIComponent(id)}`, init)
    if (response.ok) yield await response.json()
    // Test data that was deleted as a whole.
    else if (response.status === 404) ctx.log(`${id} is gone: its row stays as it is`)
    else throw await responseError(response)
  }
}

import { testConnector } from "@openislands/connector-kit/testing"
import assert from "node:assert/strict"
import { test } from "node:test"
import stripe from "./index.ts"

// Answers as in https://docs.stripe.com/api/charges/object, /customers/object, /events/object and /pagination
const charge = (number: number, more: object = {}) => ({
  id: `ch_${number}`,
  object: "charge",
  created: 1_767_225_600 + number,
  amount: 1099,
  amount_captured: 1099,
  amount_refunded: 0,
  balance_transaction: "txn_1",
  currency: "usd",
  customer: null,
  description: "My First Test Charge",
  disputed: false,
  failure_code: null,
  failure_message: null,
  paid: true,
  captured: true,
  payment_intent: null,
  refunded: false,
  status: "succeeded",
  ...more,
})
const customer = (number: number, more: object = {}) => ({
  id: `cus_${number}`,
  object: "customer",
  created: 1_767_225_600 + number,
  balance: 0,
  currency: null,
  delinquent: false,
  description: null,
  email: `${number}@example.com`,
  name: "Jenny Rosen",
  ...more,
})
const event = (created: number, object: object) => ({
  id: `evt_${created}`,
  object: "event",
  created,
  data: { object },
})
type Entry = { id: string; created: number; object: string }

/** An account, whose lists begin with the newest as Stripe's do; it can be changed meanwhile. */
const account = () => {
  const it = { charges: [] as Array<Entry>, customers: [] as Array<Entry>, events: [] as Array<any>, gone: {} as any }
  const fetch = ({ url }: Request) => {
    const { pathname, searchParams } = new URL(url)
    const [, , name = "", id] = pathname.split("/")
    const all: Array<Entry> = it[name as "charges"]
    if (id !== undefined) {
      const body = all.find((one) => one.id === id) ?? it.gone[id]
      return body === undefined ? { status: 404, body: { error: { code: "resource_missing" } } } : { body }
    }
    const kind = name === "events" ? (searchParams.get("type") === "charge.*" ? "charge" : "customer") : undefined
    const found = all
      .filter(({ created }) => created >= Number(searchParams.get("created[gte]")))
      .filter(({ created }) => created <= Number(searchParams.get("created[lte]") ?? Number.POSITIVE_INFINITY))
      .filter((one: any) => kind === undefined || one.kind === kind)
      .toSorted((one, other) => other.created - one.created)
    const from = found.findIndex((one) => one.id === searchParams.get("starting_after")) + 1
    return { body: { object: "list", data: found.slice(from, from + 100), has_more: found.length > from + 100 } }
  }
  const happen = (kind: "charge" | "customer", created: number, object: object) =>
    it.events.push({ ...event(created, object), kind })
  return { it, fetch, happen }
}

const now = "2026-02-01T00:00:00Z"
const seconds = Date.parse(now) / 1000

test("the first sync lists everything, page by page, also what is created meanwhile a sync later", async () => {
  const { it, fetch, happen } = account()
  it.charges = Array.from({ length: 250 }, (_, number) => charge(number))
  it.customers = [customer(1)]
  happen("charge", seconds - 100, it.charges[249]!)
  let asked = 0
  const first = await testConnector(stripe, {
    now,
    fetch: (request) => {
      if (++asked === 3) {
        it.charges.push(charge(1_000))
        happen("charge", seconds - 50, it.charges.at(-1)!)
      }
      return fetch(request)
    },
  })
  assert.equal(first.error, undefined)
  assert.equal(first.rows.charges.length, 251)
  assert.equal(first.rows.charges[0]!.created, "2026-01-01T00:04:09.000Z")
  assert.deepEqual(
    first.rows.customers.map(({ email, deleted }) => [email, deleted]),
    [["1@example.com", false]],
  )
  assert.ok(first.requests.every(({ headers }) => headers["stripe-version"] === "2024-06-20"))
  assert.deepEqual(first.state["charges"], { asked: "2026-02-01", event: seconds - 50 })
})

test("later syncs take what happened, as it is now: refunds, disputes, settlements, deletions", async () => {
  const { it, fetch, happen } = account()
  const at = { asked: "2026-02-01", event: seconds }
  it.charges = [
    charge(1, { refunded: true, amount_refunded: 1099 }),
    charge(2, { disputed: true }),
    charge(3, { status: "succeeded" }),
    charge(4),
  ]
  // Two of one second come in any order, and each holds the charge as it was.
  happen("charge", seconds + 60, charge(1, { refunded: true }))
  happen("charge", seconds + 60, charge(1))
  happen("charge", seconds + 70, { id: "dp_1", object: "dispute", charge: "ch_2" })
  happen("charge", seconds + 86_400, charge(3))
  it.gone["cus_1"] = { id: "cus_1", object: "customer", deleted: true }
  happen("customer", seconds + 80, customer(1))
  const { rows, state, requests } = await testConnector(stripe, {
    now: "2026-02-02T01:00:00Z",
    state: { charges: at, customers: at },
    fetch,
  })
  assert.deepEqual(
    rows.charges.map(({ id, refunded, disputed, status }) => [id, refunded, disputed, status]).toSorted(),
    [
      ["ch_1", true, false, "succeeded"],
      ["ch_2", false, true, "succeeded"],
      ["ch_3", false, false, "succeeded"],
    ],
  )
  assert.deepEqual(
    rows.customers.map(({ id, email, deleted }) => [id, email, deleted]),
    [["cus_1", null, true]],
  )
  assert.equal((state["charges"] as any).event, seconds + 86_400)
  assert.equal(requests.length, 2 + 3 + 1)
})

test("an event that is listed late is found by looking back", async () => {
  const { it, fetch, happen } = account()
  it.charges = [charge(1)]
  happen("charge", seconds - 500, charge(1))
  const at = { asked: "2026-02-01", event: seconds }
  const { rows, state } = await testConnector(stripe, { now, state: { charges: at, customers: at }, fetch })
  assert.equal(rows.charges.length, 1)
  assert.deepEqual(state["charges"], { asked: "2026-02-01", event: seconds })
})

test("after more than 29 days the events don't reach back: everything is listed anew", async () => {
  const { it, fetch } = account()
  it.charges = [charge(1), charge(2)]
  const at = { asked: "2026-01-02", event: seconds - 30 * 86_400 }
  const { rows } = await testConnector(stripe, { now, state: { charges: at, customers: at }, fetch })
  assert.equal(rows.charges.length, 2)
})

test("a list that was cut short goes on where it was, and the events count from its beginning", async () => {
  const { it, fetch, happen } = account()
  it.charges = Array.from({ length: 1_250 }, (_, number) => charge(number))
  happen("charge", seconds - 100, it.charges[1_249]!)
  let asked = 0
  const cut = await testConnector(stripe, {
    now,
    fetch: (request) => (++asked === 12 ? { status: 400 } : fetch(request)),
  })
  assert.match(cut.error!.message, /answered 400/)
  assert.equal(cut.rows.charges.length, 1_000)
  happen("charge", seconds + 100, charge(1_249))
  const rest = await testConnector(stripe, { now: "2026-02-01T01:00:00Z", state: cut.state, fetch })
  const ids = new Set([...cut.rows.charges, ...rest.rows.charges].map(({ id }) => id))
  assert.equal(ids.size, 1_250)
  assert.ok(rest.rows.charges.length < 300)
  assert.ok(rest.rows.charges.some(({ id }) => id === "ch_1249"))
})

test("an empty account, then a busy one, then a wrong key", async () => {
  const { fetch } = account()
  const empty = await testConnector(stripe, { now, fetch })
  assert.deepEqual(empty.rows, { charges: [], customers: [] })
  assert.deepEqual(empty.state["charges"], { asked: "2026-02-01", event: 0 })
  let asked = 0
  const busy = await testConnector(stripe, {
    now,
    fetch: (request) => (++asked === 1 ? { status: 429 } : fetch(request)),
  })
  assert.equal(busy.error, undefined)
  assert.equal(busy.waits.length, 1)
  const wrong = { status: 401, body: { error: { message: "Invalid API Key provided" } } }
  const { error } = await testConnector(stripe, { now, fetch: () => wrong })
  assert.match(error!.message, /answered 401: .*Invalid API Key/)
})

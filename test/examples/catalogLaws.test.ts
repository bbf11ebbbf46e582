import { testConnector } from "@openislands/connector-kit/testing"
import fc from "fast-check"
import { expect, it } from "vitest"
import github from "../../examples/catalog/connectors/github/index.ts"
import stripe from "../../examples/catalog/connectors/stripe/index.ts"

/** Few rows a page, so that many things happen between pages. */
const pageSize = 4
const start = Date.parse("2026-01-01T00:00:00Z")

/** Seconds: more than the connectors look back, so that looking back mends nothing by chance. */
const step = 1_000

/** What happens before each request: to which of the rows, or to a new one. */
const history = fc.array(fc.array(fc.nat({ max: 15 }), { maxLength: 3 }), { maxLength: 25 })

/** The dataset after several syncs, by key. */
const merged = <R>(syncs: ReadonlyArray<ReadonlyArray<R>>, key: (row: R) => unknown): Map<unknown, R> =>
  new Map(syncs.flat().map((row) => [key(row), row]))

it("GitHub: whatever is opened or updated while pages are read, two syncs have the newest of each", async () => {
  const law = fc.asyncProperty(fc.nat({ max: 12 }), history, async (many, happening) => {
    let clock = start
    const at = () => `${new Date((clock += step * 1_000)).toISOString().slice(0, 19)}Z`
    const issue = (number: number) => {
      const [created_at, updated_at] = [at(), at()]
      return { id: number, number, title: `at ${updated_at}`, state: "open", user: null, labels: [], comments: 0, created_at, updated_at, closed_at: null, html_url: "" } // prettier-ignore
    }
    const all = new Map(Array.from({ length: many }, (_, number) => [number, issue(number)]))
    let asked = 0
    const fetch = ({ url }: Request) => {
      for (const number of happening[asked++] ?? []) all.set(number, issue(number))
      const { searchParams } = new URL(url)
      const found = [...all.values()]
        .filter(({ updated_at }) => updated_at >= searchParams.get("since")!)
        .toSorted((one, other) => one.updated_at.localeCompare(other.updated_at))
      const page = Number(searchParams.get("page") ?? 1)
      searchParams.set("page", String(page + 1))
      const more = found.length > page * pageSize
      const link = `<https://api.github.com/repos/a/b/issues?${searchParams}>; rel="next"`
      return { body: found.slice((page - 1) * pageSize, page * pageSize), headers: more ? { link } : {} }
    }
    const config = { repositories: ["a/b"], stars: false }
    const first = await testConnector(github, { config, fetch })
    asked = happening.length
    const second = await testConnector(github, { config, fetch, state: first.state })
    expect([first.error, second.error]).toEqual([undefined, undefined])
    const rows = merged([first.rows.issues, second.rows.issues], ({ id }) => id)
    expect(new Map([...rows].map(([id, { title }]) => [id, title]))).toEqual(
      new Map([...all].map(([id, { title }]) => [id, title])),
    )
  })
  await fc.assert(law, { numRuns: 40 })
})

it("Stripe: whatever is charged or changed while lists are read, also cut short, two syncs have each as it is", async () => {
  const law = fc.asyncProperty(
    fc.nat({ max: 12 }),
    history,
    fc.option(fc.nat({ max: 12 })),
    async (many, happening, cut) => {
      let clock = start / 1000
      const all: Array<any> = []
      const events: Array<any> = []
      const happen = (number: number) => {
        const known = all.find(({ id }) => id === `ch_${number}`)
        clock += (number % 2) * step
        const charge = {
          id: `ch_${number}`,
          object: "charge",
          created: known?.created ?? clock,
          amount: 1,
          amount_captured: 1,
          amount_refunded: 0,
          currency: "eur",
          status: `step ${events.length}`,
          captured: true,
          paid: true,
          refunded: false,
          disputed: false,
        }
        if (known === undefined) all.unshift(charge)
        else Object.assign(known, charge)
        events.unshift({ id: `evt_${events.length}`, created: clock, data: { object: charge } })
      }
      for (let number = 0; number < many; number++) happen(number)
      let asked = 0
      const fetch = ({ url }: Request) => {
        if (asked === cut) return { status: (asked++, 400) }
        for (const number of happening[asked++] ?? []) happen(number)
        const { pathname, searchParams } = new URL(url)
        const [, , name, id] = pathname.split("/")
        if (id !== undefined) return { body: { ...all.find((one) => one.id === id) } }
        const kind = name === "events" ? searchParams.get("type") === "charge.*" && events : name === "charges" && all
        const found = (kind || []).filter(
          ({ created }) =>
            created >= Number(searchParams.get("created[gte]")) &&
            created <= Number(searchParams.get("created[lte]") ?? Number.POSITIVE_INFINITY),
        )
        const from = found.findIndex((one) => one.id === searchParams.get("starting_after")) + 1
        const data = structuredClone(found.slice(from, from + pageSize))
        return { body: { data, has_more: found.length > from + pageSize } }
      }
      const now = start + 24 * 3_600_000
      const first = await testConnector(stripe, { now, fetch })
      if (cut === null) expect(first.error).toBeUndefined()
      asked = Math.max(happening.length, (cut ?? 0) + 1)
      const second = await testConnector(stripe, { now: now + 3_600_000, fetch, state: first.state })
      expect(second.error).toBeUndefined()
      const rows = merged([first.rows.charges, second.rows.charges], ({ id }) => id)
      expect(new Map([...rows].map(([id, { status }]) => [id, status]))).toEqual(
        new Map(all.map(({ id, status }) => [id, status])),
      )
    },
  )
  await fc.assert(law, { numRuns: 40 })
})

import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import fc from "fast-check"
import { describe } from "vitest"
import { demandSerial as demand, type Event, type Formats, type Writes } from "../../fixtures/interleaving.ts"
import type { Write } from "../../fixtures/store.ts"

const torture = process.env["TORTURE"] !== undefined

/** Of two datasets, every format and some together; two tables are of one database. */
const families: ReadonlyArray<Formats> = [
  { a: "csv", b: "jsonl" },
  { a: "json", b: "parquet" },
  { a: "db", b: "db" },
  { a: "db", b: "csv" },
]

/** In all of them. */
const demandSerial = (events: ReadonlyArray<Event>, expected?: ReadonlyArray<string>) =>
  Effect.forEach(families, (formats) => demand(formats, events, expected))

const opens = (connector: string, writes: Writes) => ({ kind: "open" as const, connector, writes })
const commits = (connector: string) => ({ kind: "commit" as const, connector })

describe("two transactions at once", () => {
  for (const [first, second] of [
    ["x", "y"],
    ["y", "x"],
  ] as const) {
    const inOrder = (x: Writes, y: Writes): ReadonlyArray<Event> => [
      opens("x", x),
      opens("y", y),
      commits(first),
      commits(second),
    ]

    it.live(`${first} before ${second}: two first writes into one empty dataset, columns in another order`, () =>
      Effect.gen(function* () {
        for (const name of ["a", "b"]) {
          yield* demandSerial(
            inOrder({ [name]: { insert: [{ id: 1, t: "x" }] } }, { [name]: { insert: [{ t: "y,\n", id: 2 }] } }),
            ["success", "success", "success", "success"],
          )
        }
      }),
    )

    it.live(`${first} before ${second}: crossed outputs`, () =>
      demandSerial(
        inOrder(
          { a: { insert: [{ id: 1, t: "x" }] }, b: { replace: [{ id: 2, t: "x" }] } },
          { b: { insert: [{ id: 3, t: null }] }, a: { replace: [{ id: 4, t: "y" }] } },
        ),
        ["success", "success", "success", "success"],
      ),
    )

    it.live(`${first} before ${second}: rows drift only because of the other's contract`, () =>
      Effect.gen(function* () {
        for (const name of ["a", "b"]) {
          yield* demandSerial(
            inOrder({ [name]: { insert: [{ id: 1 }] } }, { [name]: { insert: [{ id: "one", more: true }] } }),
            ["success", "success", "success", "SchemaDrift"],
          )
        }
      }),
    )
  }

  it.live("a rollback takes away what a transaction was begun on", () =>
    Effect.gen(function* () {
      for (const name of ["a", "b"]) {
        const base = [opens("z", { [name]: { insert: [{ t: "z", id: 0 }] } }), commits("z")]
        for (const mode of ["insert", "replace"]) {
          const write = { [name]: { [mode]: [{ id: 2, t: "y" }] } as unknown as Write }
          yield* demandSerial(
            [...base, opens("y", write), { kind: "rollback" }, commits("y")],
            ["success", "success", "success", "success", "success"],
          )
        }
      }
    }),
  )

  it.live("a connector whose cursor moved meanwhile is refused", () =>
    demandSerial(
      [
        opens("x", { a: { insert: [{ id: 1 }] } }),
        commits("x"),
        opens("x", { a: { insert: [{ id: 2 }] } }),
        { kind: "rollback" },
        commits("x"),
      ],
      ["success", "success", "success", "success", "CursorChanged"],
    ),
  )
})

const betweens: Readonly<Record<string, ReadonlyArray<Event>>> = {
  "a settle": [{ kind: "settle", dataset: "a", type: "number" }],
  "a full sync of another": [
    { kind: "open", connector: "z", full: true, writes: { a: { insert: [{ id: 9, t: "z" }] } } },
    commits("z"),
  ],
  "a hand edit": [{ kind: "edit", dataset: "a" }],
  "an undo": [{ kind: "rollback" }],
}

const ways = ([false, true] as const)
  .flatMap((full) => [[full, ["x", "y"]] as const, [full, ["y", "x"]] as const])
  .filter((_, at) => torture || at % 3 === 0)

describe.each(Object.entries(betweens))(
  "with %s between two that are begun and their commits",
  { timeout: 180_000 },
  (_, events) => {
    it.live.each([["csv"], ["jsonl"], ["json"], ["parquet"], ["db"]])("%s", ([format]) =>
      Effect.gen(function* () {
        const formats = { a: format!, b: format! }
        for (const [full, order] of ways) {
          const outcomes = yield* demand(formats, [
            opens("w", { a: { insert: [{ id: 0, t: "w" }] }, b: { insert: [{ id: 0 }] } }),
            commits("w"),
            { ...opens("x", { a: { insert: [{ id: 1, t: "x" }] }, b: { insert: [{ id: 1 }] } }), full },
            opens("y", { a: { insert: [{ id: 2, t: "y" }] }, b: { replace: [{ id: 2 }] } }),
            ...events,
            ...order.map(commits),
          ])
          // None of this drifts, and no cursor is another's: all of them find their place.
          assert.deepStrictEqual([...new Set(outcomes)], ["success"])
        }
      }),
    )
  },
)

const rows = fc.array(
  fc.oneof(
    fc.record({ id: fc.nat(99), t: fc.option(fc.constantFrom("t", "", 'a "b", c', "0012")) }),
    fc.record({ t: fc.constantFrom("u", "v\nw"), id: fc.nat(99) }),
  ),
  { maxLength: 3 },
)
const write: fc.Arbitrary<Write> = fc.oneof(
  rows.map((insert) => ({ insert })),
  rows.map((replace) => ({ replace })),
)
const writes: fc.Arbitrary<Writes> = fc.oneof(
  fc.record({ a: write, b: write }),
  fc.record({ a: write }),
  fc.record({ b: write }),
)
const connector = fc.constantFrom("x", "y", "z")
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("open" as const), connector, writes }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("open" as const), connector, writes, full: fc.constant(true) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("commit" as const), connector }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rollback" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("settle" as const),
      dataset: fc.constantFrom("a", "b"),
      type: fc.constantFrom("integer" as const, "number" as const, "string" as const),
    }),
  },
)

it("any interleaving comes to what its commits do one after another", { timeout: 600_000 }, () =>
  fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...families),
      fc.array(event, { minLength: 3, maxLength: 16 }),
      async (formats, events) => void (await Effect.runPromise(demand(formats, events))),
    ),
    { numRuns: torture ? 1000 : 15 },
  ),
)

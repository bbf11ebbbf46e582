import { assert, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Option, References, Scope } from "effect"
import fc from "fast-check"
import { describe } from "vitest"
import { CsvReader } from "../../../src/layers/formats/csvReader.ts"
import { History } from "../../../src/services/History.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { visibleFiles } from "../../fixtures/storeState.ts"
import { datasetAt, open, storeAt, sync, type SyncSpec, type Write } from "../../fixtures/store.ts"

const torture = process.env["TORTURE"] !== undefined
const quiet = Layer.succeed(References.MinimumLogLevel, "None")

const sources: Readonly<Record<string, string>> = { a: "data/a.csv", b: "data/b.jsonl" }
type Writes = Readonly<Record<string, Write>>

const specAt = (root: string, connector: string, writes: Writes, n: number): SyncSpec => ({
  connector,
  writes,
  datasets: Object.fromEntries(Object.keys(writes).map((name) => [name, datasetAt(root, sources[name]!)])),
  state: { n },
})

/** The order of columns is that of whoever came first, begun transactions included: which one it is is nobody's concern. */
const dataOf = (root: string) =>
  Object.entries(visibleFiles(root)).map(([name, withMode]) => {
    const text = withMode.replace(/^\d+ /, "")
    if (name.endsWith(".csv")) {
      const reader = new CsvReader()
      const [header = [], ...records] = [...reader.push(Buffer.from(text, "latin1")), ...reader.end()]
      return [name, records.map((record) => sorted(header.map((column, at) => [column ?? "", record[at]] as const)))]
    }
    if (name.includes("/contracts/")) {
      const { columns } = JSON.parse(text) as { readonly columns: ReadonlyArray<{ readonly name: string }> }
      return [name, sorted(columns.map((column) => [column.name, column] as const))]
    }
    const lines = text.split("\n").filter((line) => line !== "")
    return [name, lines.map((line) => sorted(Object.entries(JSON.parse(line) as object)))]
  })

const sorted = <A>(entries: ReadonlyArray<readonly [string, A]>) =>
  entries.toSorted(([one], [other]) => (one < other ? -1 : 1))

const tagOf = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return "success"
  const error = Option.getOrNull(Cause.findErrorOption(exit.cause)) as { readonly _tag?: string } | null
  return error?._tag ?? Cause.pretty(exit.cause)
}

const rollback = History.use((history) => history.rollback(null, { force: false }))

type Event =
  | { readonly kind: "open"; readonly connector: string; readonly writes: Writes }
  | { readonly kind: "commit"; readonly connector: string }
  | { readonly kind: "rollback" }

/** Does the events in their order; answers with what became of each, and what is there then. */
const interleaved = Effect.fnUntraced(function* (events: ReadonlyArray<Event>) {
  const root = yield* temporaryProject({ "manifest.json": "{}" })
  const outcomes: Array<string> = []
  yield* Effect.gen(function* () {
    const opened = new Map<
      string,
      { readonly commit: Effect.Effect<unknown, unknown>; readonly scope: Scope.Closeable }
    >()
    for (const [n, event] of events.entries()) {
      if (event.kind === "rollback") outcomes.push(tagOf(yield* Effect.exit(rollback)))
      else if (event.kind === "open") {
        const before = opened.get(event.connector)
        if (before !== undefined) yield* Scope.close(before.scope, Exit.void)
        const scope = yield* Scope.make()
        const spec = specAt(root, event.connector, event.writes, n)
        const transaction = yield* open(spec).pipe(Effect.provideService(Scope.Scope, scope))
        opened.set(event.connector, { ...transaction, scope })
        outcomes.push("success")
      } else {
        const transaction = opened.get(event.connector)
        opened.delete(event.connector)
        if (transaction === undefined) {
          outcomes.push("nothing")
          continue
        }
        outcomes.push(tagOf(yield* Effect.exit(transaction.commit)))
        yield* Scope.close(transaction.scope, Exit.void)
      }
    }
    for (const { scope } of opened.values()) yield* Scope.close(scope, Exit.void)
  }).pipe(Effect.provide(Layer.mergeAll(storeAt(root), quiet)))
  return { outcomes, data: dataOf(root) }
}, Effect.scoped)

/** The same, each whole sync where its commit was. */
const serial = Effect.fnUntraced(function* (events: ReadonlyArray<Event>, outcomes: ReadonlyArray<string>) {
  const root = yield* temporaryProject({ "manifest.json": "{}" })
  yield* Effect.gen(function* () {
    const opened = new Map<string, SyncSpec>()
    for (const [n, event] of events.entries()) {
      if (event.kind === "open") opened.set(event.connector, specAt(root, event.connector, event.writes, n))
      else if (outcomes[n] !== "success") continue
      else if (event.kind === "rollback") yield* rollback
      else yield* sync(opened.get(event.connector)!)
    }
  }).pipe(Effect.provide(Layer.mergeAll(storeAt(root), quiet)))
  return dataOf(root)
}, Effect.scoped)

const demandSerial = Effect.fnUntraced(function* (events: ReadonlyArray<Event>, expected?: ReadonlyArray<string>) {
  const { outcomes, data } = yield* interleaved(events)
  if (expected !== undefined) assert.deepStrictEqual(outcomes, expected)
  assert.deepStrictEqual(data, yield* serial(events, outcomes))
})

const opens = (connector: string, writes: Writes): Event => ({ kind: "open", connector, writes })
const commits = (connector: string): Event => ({ kind: "commit", connector })

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
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("commit" as const), connector }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rollback" as const) }) },
)

it("any interleaving comes to what its commits do one after another", { timeout: 600_000 }, () =>
  fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 3, maxLength: 16 }), (events) =>
      Effect.runPromise(demandSerial(events)),
    ),
    { numRuns: torture ? 1000 : 25 },
  ),
)

import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { describe } from "vitest"
import { DatasetStore } from "../../../src/services/DatasetStore.ts"
import type { SourceDataset } from "../../../src/services/domain/Manifest.ts"
import type { Row } from "../../../src/services/domain/Row.ts"
import type { History } from "../../../src/services/History.ts"
import { columnsOf, insert, replace, rollback, rowsOf } from "../../conformance/datasetStore/scenario.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetAt, storeAt } from "../../fixtures/store.ts"

const contractOf = (dataset: SourceDataset) => DatasetStore.use((store) => store.contract(dataset))

/** With these files in its data directory. */
const inProject = <A, E>(
  files: Readonly<Record<string, string>>,
  test: (
    at: (source: string, more?: Partial<SourceDataset>) => SourceDataset,
  ) => Effect.Effect<A, E, DatasetStore | History>,
) =>
  Effect.gen(function* () {
    const data = Object.entries(files).map(([name, text]) => [`data/${name}`, text])
    const root = yield* temporaryProject({ "manifest.json": "{}", ...Object.fromEntries(data) })
    return yield* test((name, more) => datasetAt(root, `data/${name}`, more)).pipe(Effect.provide(storeAt(root)))
  })

describe("files that the user brought", () => {
  const brought = {
    "a.csv": '\uFEFFb,zip,x\r\n"x,1",00123,\r\ny,"",2026-11-23',
    "b.jsonl": '{"n":1,"o":{"k":12345678901234567890}}\n\n{"n":2.5}',
  }
  it.live("are read by the contract that is inferred, and nothing is stored", () =>
    inProject(brought, (at) =>
      Effect.gen(function* () {
        const [a, b] = [at("a.csv"), at("b.jsonl")]
        assert.deepStrictEqual(yield* columnsOf(a), ["b string", "zip string", "x date?"])
        assert.deepStrictEqual(yield* rowsOf(a), [
          { b: "x,1", zip: "00123", x: null },
          { b: "y", zip: "", x: "2026-11-23" },
        ])
        assert.deepStrictEqual(yield* columnsOf(b), ["n number", "o json?"])
        assert.deepStrictEqual(yield* rowsOf(b), [
          { n: 1, o: { k: 12_345_678_901_234_567_890n } },
          { n: 2.5, o: null },
        ])
        const home = path.join(path.dirname(a.file), "../.openislands")
        assert.deepStrictEqual(fs.readdirSync(path.join(home, "contracts")), [])
        for (const [name, text] of Object.entries(brought))
          assert.strictEqual(fs.readFileSync(at(name).file, "utf8"), text)
      }),
    ),
  )

  it.live("without rows are empty datasets", () =>
    inProject({ "a.csv": "", "b.csv": "x,y\n", "c.jsonl": "", "d.jsonl": "\n\n" }, (at) =>
      Effect.gen(function* () {
        for (const name of ["a.csv", "b.csv", "c.jsonl", "d.jsonl", "missing.csv"]) {
          assert.deepStrictEqual(yield* rowsOf(at(name)), [])
          assert.isNull(yield* contractOf(at(name)))
        }
      }),
    ),
  )

  it.live("that are none of their format, or directories, are errors that name them", () =>
    inProject(
      {
        "a.csv": "x,y\n1",
        "b.jsonl": '{"x":1}\n{"x":',
        "c.json": '{"x":1}',
        "d.csv/e": "",
        "p.parquet": "PAR",
        "q.db": "no database, by no means",
      },
      (at) =>
        Effect.gen(function* () {
          for (const name of ["a.csv", "b.jsonl", "c.json", "d.csv", "p.parquet", "q.db"]) {
            const dataset = at(name, name === "q.db" ? { format: "sqlite", table: "q" } : {})
            const error = yield* rowsOf(dataset).pipe(Effect.flip)
            assert.deepInclude(error, { _tag: "DatasetMalformed", file: `data/${name}` })
            assert.strictEqual((yield* contractOf(dataset).pipe(Effect.flip))._tag, "DatasetMalformed")
          }
        }),
    ),
  )
})

describe("files under a contract", () => {
  it.live("are read again after an edit by hand that fits it, and refused after one that doesn't", () =>
    inProject({}, (at) =>
      Effect.gen(function* () {
        const a = at("a.csv")
        yield* insert(a, [{ zip: "00123" }])
        fs.appendFileSync(a.file, "7\n")
        assert.deepStrictEqual(yield* rowsOf(a), [{ zip: "00123" }, { zip: "7" }])
        fs.appendFileSync(a.file, "7,8\n")
        assert.strictEqual((yield* rowsOf(a).pipe(Effect.flip))._tag, "DatasetChanged")
        fs.rmSync(a.file)
        assert.strictEqual((yield* rowsOf(a).pipe(Effect.flip))._tag, "DatasetChanged")
      }),
    ),
  )
})

const rows = Array.from({ length: 60_000 }, (_, id): Row => ({ id, text: `row ${id}, and a little more of it` }))

/** What comes of reading when something happens after the first batch: an error, or how many rows were read. */
const readWith = Effect.fnUntraced(function* <E, R>(
  dataset: SourceDataset,
  rows: ReadonlyArray<Row>,
  act: Effect.Effect<unknown, E, R>,
) {
  const read: Array<Row> = []
  const store = yield* DatasetStore
  const outcome = yield* store.read(dataset).pipe(
    Stream.runForEach((batch) =>
      Effect.gen(function* () {
        if (read.length === 0) yield* act
        read.push(...batch)
      }),
    ),
    Effect.result,
  )
  // Whatever came of it, no row is half of one and half of another.
  assert.deepStrictEqual(read, rows.slice(0, read.length))
  return outcome._tag === "Success" ? read.length : outcome.failure
})

const during = (
  name: string,
  act: (dataset: SourceDataset) => Effect.Effect<unknown, unknown, DatasetStore | History>,
) =>
  inProject({}, (at) =>
    Effect.gen(function* () {
      const a = at(name)
      yield* insert(a, rows.slice(0, 10))
      yield* insert(a, rows.slice(10))
      return yield* readWith(a, rows, act(a))
    }),
  )

const beingWritten = { _tag: "DatasetChanged", detail: "it is being written at this moment" } as const

it.live("a file that is cut where one chunk of it ends is not taken for a short one", () => {
  const padded = Array.from({ length: 8_192 }, (_, at): Row => ({ id: 10_000 + at, text: "x".repeat(41) }))
  const lines = padded.map((row) => `${JSON.stringify(row)}\n`)
  assert.strictEqual(lines[0]?.length, 64)
  return inProject({ "a.jsonl": lines.join("") }, (at) =>
    Effect.gen(function* () {
      const a = at("a.jsonl")
      const outcome = yield* readWith(
        a,
        padded,
        Effect.sync(() => fs.truncateSync(a.file, 1 << 18)),
      )
      assert.deepInclude(outcome, beingWritten)
    }),
  )
})

const other: ReadonlyArray<Row> = [{ id: 0, text: "other" }]
const thereAndBack = (a: SourceDataset) =>
  replace(a, other).pipe(Effect.andThen(rollback()), Effect.andThen(insert(a, other)))
const text = (a: SourceDataset) => fs.readFileSync(a.file, "utf8")

for (const name of ["a.csv", "a.jsonl"]) {
  describe(`while ${name} is being read`, () => {
    it.live("any number of commits may append to it", () =>
      Effect.gen(function* () {
        const outcome = yield* during(name, (a) =>
          Effect.gen(function* () {
            for (let n = 0; n < 3; n++) yield* insert(a, rows.slice(0, 20_000))
            yield* rollback()
          }),
        )
        assert.strictEqual(outcome, rows.length)
      }),
    )

    it.live("it may be replaced, and come back", () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* during(name, (a) => replace(a, other)), rows.length)
        assert.strictEqual(yield* during(name, thereAndBack), rows.length)
        assert.strictEqual(yield* during(name, (a) => Effect.sync(() => fs.rmSync(a.file))), rows.length)
      }),
    )

    const edits: Readonly<Record<string, (a: SourceDataset) => void>> = {
      "written anew": (a) => fs.writeFileSync(a.file, text(a).replaceAll("row", "new")),
      "written anew and longer": (a) => fs.writeFileSync(a.file, text(a).replaceAll("row", "longer")),
      cut: (a) => fs.truncateSync(a.file, 1_000_000),
      "appended to": (a) => fs.appendFileSync(a.file, text(a).split("\n").at(-2)!.slice(0, 5)),
    }
    for (const [how, edit] of Object.entries(edits)) {
      it.live(`a file that is ${how} by something else is an error`, () =>
        Effect.gen(function* () {
          const outcome = yield* during(name, (a) => Effect.sync(() => edit(a)))
          assert.deepInclude(outcome, beingWritten)
        }),
      )
    }

    it.live("its rows may be undone, and others may come in their place: that is an error too", () =>
      Effect.gen(function* () {
        assert.deepInclude(yield* during(name, () => rollback()), beingWritten)
        const others = rows.map(({ id }) => ({ id, text: "longer than it was, so that the file is longer, too" }))
        const outcome = yield* during(name, (a) => Effect.andThen(rollback(), insert(a, others)))
        assert.deepInclude(outcome, beingWritten)
      }),
    )
  })
}

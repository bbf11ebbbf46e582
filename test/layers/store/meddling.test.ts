import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { MeddlingDisk, type Moment } from "../../fixtures/meddlingDisk.ts"
import { History } from "../../../src/services/History.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetAt, storeAt, sync, type Write } from "../../fixtures/store.ts"
import { lookAt } from "../../fixtures/storeState.ts"

const lines = Array.from({ length: 40_000 }, (_, at) => `${at},name ${at}\n`).join("")
const brought = `id,name\n${lines}`

/** What somebody does to the file while we are at it, and what it must hold afterwards: exactly what they made of it. */
const meddlings: Readonly<Record<string, (file: string) => void>> = {
  "appended to": (file) => fs.appendFileSync(file, "1000000,mine\n"),
  truncated: (file) => fs.truncateSync(file, brought.length >> 1),
  "truncated to nothing": (file) => fs.truncateSync(file, 0),
  replaced: (file) => {
    fs.writeFileSync(`${file}.new`, brought.replaceAll("name", "NAME").slice(0, brought.length - 7))
    fs.renameSync(`${file}.new`, file)
  },
  "replaced by one as long": (file) => {
    fs.writeFileSync(`${file}.new`, brought.replaceAll("name ", "NAME "))
    fs.renameSync(`${file}.new`, file)
  },
  "rewritten in place": (file) => fs.writeFileSync(file, brought.replaceAll("name ", "NAME ")),
  "garbled in place": (file) => fs.writeFileSync(file, brought.replaceAll("name ", '"ame ')),
  deleted: (file) => fs.rmSync(file),
}

const contentOf = (file: string): string | null => (fs.existsSync(file) ? fs.readFileSync(file, "utf8") : null)

/** What is not theirs. */
const ours = Effect.fnUntraced(function* (root: string) {
  const { files, ...others } = yield* lookAt(root)
  return {
    ...others,
    files: Object.keys(files)
      .filter((file) => !file.startsWith("data/"))
      .map((file) => files[file]),
  }
})

const row = { id: 1, name: "ours" }
/** Each way in which a file of the user's is read or written, and when it could be disturbed. */
const works: ReadonlyArray<readonly [string, Moment, Write, "brought" | "known"]> = [
  ["its contract is inferred", "beforeReading", { insert: [row] }, "brought"],
  ["it is checked against its contract", "beforeReading", { insert: [row] }, "known"],
  ["it is rewritten for a new column", "whilePouring", { insert: [{ ...row, more: 1 }] }, "known"],
  ["its replacement is about to take its place", "afterKeeping", { insert: [{ ...row, more: 1 }] }, "known"],
  ["its new content is about to take its place", "afterKeeping", { replace: [row] }, "known"],
]

describe.each(works)("while %s, somebody else's file is", (_, moment, write, start) => {
  it.live.each(Object.entries(meddlings))("%s: an error, and only what they did", ([, meddle]) =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}", "data/rows.csv": brought })
      const rows = datasetAt(root, "data/rows.csv", { onDrift: "evolve" })
      const disk = new MeddlingDisk()
      yield* Effect.gen(function* () {
        if (start === "known") {
          yield* sync({ datasets: { rows }, writes: { rows: { insert: [row] } }, state: { n: 1 } })
          // As it was, but looking edited, so that it is read again.
          fs.writeFileSync(rows.file, brought)
        }
        const before = yield* ours(root)
        let theirs: string | null = ""
        disk.arm(moment, () => {
          meddle(rows.file)
          theirs = contentOf(rows.file)
        })
        const error = yield* Effect.flip(sync({ datasets: { rows }, writes: { rows: write }, state: { n: 2 } }))
        assert.isTrue(disk.hasHappened)
        assert.include(["DatasetChanged", "StoreFailed"], error._tag)
        assert.match(error.message, /being written|chang|deleted/)
        assert.strictEqual(contentOf(rows.file) === theirs, true, "the file is theirs")
        assert.deepEqual(yield* ours(root), before)
        assert.deepEqual(fs.readdirSync(join(root, "data")), theirs === null ? [] : ["rows.csv"])
      }).pipe(Effect.provide(storeAt(root, disk.layer)))
    }),
  )
})

const swapped = (text: string) => text.replace("id,name", "name,id")

/** What else becomes of a file to which rows are appended, and what must be left of it. */
const behind: ReadonlyArray<readonly [string, Moment, (before: string) => string | null]> = [
  ["is appended to before they are there", "afterKeeping", (before) => `${before}1000000,mine\n`],
  ["is truncated before they are there", "afterKeeping", (before) => before.slice(0, before.length >> 1)],
  ["is deleted before they are there", "afterKeeping", () => null],
  ["gets its columns in another order before they are there", "afterKeeping", swapped],
  ["is appended to behind them, and the commit fails", "asItFails", (before) => `${before}1000000,mine\n`],
]

describe("while rows are appended, somebody else's file", () => {
  it.live.each(behind)("%s: an error, and only what they did", ([what, moment, made]) =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}", "data/rows.csv": brought })
      const rows = datasetAt(root, "data/rows.csv")
      const disk = new MeddlingDisk()
      yield* Effect.gen(function* () {
        yield* sync({ datasets: { rows }, writes: { rows: { insert: [row] } }, state: { n: 1 } })
        const there = fs.readFileSync(rows.file, "utf8")
        const before = yield* ours(root)
        disk.arm(moment, () => {
          if (what.includes("appended")) fs.appendFileSync(rows.file, "1000000,mine\n")
          else if (what.includes("order")) fs.writeFileSync(rows.file, swapped(there))
          else if (what.includes("truncated")) fs.truncateSync(rows.file, there.length >> 1)
          else fs.rmSync(rows.file)
        })
        const error = yield* Effect.flip(
          sync({ datasets: { rows }, writes: { rows: { insert: [row] } }, state: { n: 2 } }),
        )
        assert.isTrue(disk.hasHappened)
        assert.strictEqual(error._tag, "StoreFailed")
        assert.strictEqual(contentOf(rows.file) === made(there), true, "the file is theirs")
        assert.deepEqual(yield* ours(root), before)
      }).pipe(Effect.provide(storeAt(root, disk.layer)))
    }),
  )
})

describe("while a replace is undone, somebody else's file", () => {
  it.live.each(Object.entries(meddlings))("%s: an error, and only what they did", ([, meddle]) =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}", "data/rows.csv": brought })
      const rows = datasetAt(root, "data/rows.csv")
      const disk = new MeddlingDisk()
      yield* Effect.gen(function* () {
        yield* sync({ datasets: { rows }, writes: { rows: { replace: [row] } } })
        fs.writeFileSync(rows.file, brought)
        yield* sync({ datasets: { rows }, writes: { rows: { replace: [row] } } })
        const before = yield* ours(root)
        let theirs: string | null = ""
        disk.arm("afterKeeping", () => {
          meddle(rows.file)
          theirs = contentOf(rows.file)
        })
        const error = yield* History.use((one) => one.rollback(null, { force: false })).pipe(Effect.flip)
        assert.isTrue(disk.hasHappened)
        assert.strictEqual(error._tag, "StoreFailed")
        assert.strictEqual(contentOf(rows.file) === theirs, true, "the file is theirs")
        assert.deepEqual(yield* ours(root), before)
      }).pipe(Effect.provide(storeAt(root, disk.layer)))
    }),
  )
})

it.live("what somebody writes right after a commit is looked at before the next one", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}", "data/rows.csv": brought })
    const rows = datasetAt(root, "data/rows.csv")
    const disk = new MeddlingDisk()
    const insert = sync({ datasets: { rows }, writes: { rows: { insert: [row] } } })
    yield* Effect.gen(function* () {
      disk.arm("onceCommitted", () => fs.appendFileSync(rows.file, "none,mine\n"))
      yield* insert
      assert.isTrue(disk.hasHappened)
      const error = yield* Effect.flip(insert)
      assert.strictEqual(error._tag, "DatasetChanged")
      assert.include(error.message, '"none"')
    }).pipe(Effect.provide(storeAt(root, disk.layer)))
  }),
)

it.live("a file that somebody makes where a dataset's is about to be made is theirs", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}", "data/notes.txt": "" })
    const rows = datasetAt(root, "data/rows.json")
    const disk = new MeddlingDisk()
    yield* Effect.gen(function* () {
      disk.arm("whilePouring", () => fs.writeFileSync(rows.file, "mine"))
      const error = yield* Effect.flip(sync({ datasets: { rows }, writes: { rows: { insert: [row] } } }))
      assert.isTrue(disk.hasHappened)
      assert.strictEqual(error._tag, "StoreFailed")
      assert.strictEqual(contentOf(rows.file), "mine")
    }).pipe(Effect.provide(storeAt(root, disk.layer)))
  }),
)

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { History } from "../../../src/services/History.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetAt, storeAt, sync } from "../../fixtures/store.ts"
import { recordsOf } from "../formats/writing.ts"
import { shapes, wideRow } from "./ownShapes.ts"

const undo = (force = false) => History.use((one) => one.rollback(null, { force }))

/** A project whose data/rows.csv is the user's, and a dataset of it. */
const bringing = Effect.fnUntraced(function* (content: string | Uint8Array, name = "rows.csv") {
  const root = yield* temporaryProject({ "manifest.json": "{}", "data/.keep": "" })
  const rows = datasetAt(root, `data/${name}`, { name: "rows" })
  fs.writeFileSync(rows.file, content)
  return { root, rows, read: () => fs.readFileSync(rows.file, "utf8") }
})

describe("a CSV of the user's: rows are added to", () => {
  it.live.each(Object.entries(shapes))("%s, and an undo gives back every byte", ([, [content, row, added]]) =>
    Effect.gen(function* () {
      const { root, rows, read } = yield* bringing(content)
      yield* Effect.gen(function* () {
        yield* sync({ datasets: { rows }, writes: { rows: { insert: [row] } } })
        assert.strictEqual(read() === content + added, true, read().slice(-200))
        yield* undo()
        assert.strictEqual(read() === content, true, "after the undo")
        // The same once more, as a redo and on top of it: what is stored now is read with a contract.
        yield* sync({ datasets: { rows }, writes: { rows: { insert: [row, row] } } })
        assert.strictEqual(recordsOf(Buffer.from(read())).length, recordsOf(Buffer.from(content)).length + 2)
        yield* undo()
        assert.strictEqual(read() === content, true, "after the second undo")
      }).pipe(Effect.provide(storeAt(root)))
    }),
  )

  it.live.each(Object.entries(shapes))("%s, with a new column: every cell stays", ([, [content, row]]) =>
    Effect.gen(function* () {
      const { root, rows, read } = yield* bringing(content)
      const before = recordsOf(Buffer.from(content))
      yield* Effect.gen(function* () {
        const dataset = { ...rows, onDrift: "evolve" } as const
        yield* sync({ datasets: { rows: dataset }, writes: { rows: { insert: [{ ...row, more: "new" }] } } })
        const after = recordsOf(Buffer.from(read()))
        assert.deepEqual(
          after.slice(1, -1),
          before.slice(1).map((record) => record.concat(null)),
        )
        assert.deepEqual(after[0], [...before[0]!, "more"])
        assert.strictEqual(after.at(-1)?.at(-1), "new")
        assert.strictEqual(read().startsWith("\uFEFF"), content.startsWith("\uFEFF"))
        yield* undo()
        assert.strictEqual(read() === content, true, "after the undo")
      }).pipe(Effect.provide(storeAt(root)))
    }),
  )

  it.live.each(Object.entries(shapes))(
    "%s: an edit behind the rows survives an undo, if forced",
    ([, [content, row, added]]) =>
      Effect.gen(function* () {
        const { root, rows, read } = yield* bringing(content)
        const eol = /\r?\n$|\r$/.exec(added)![0]
        const mine = added.trimStart()
        yield* Effect.gen(function* () {
          yield* sync({ datasets: { rows }, writes: { rows: { insert: [row] } } })
          fs.appendFileSync(rows.file, mine)
          assert.strictEqual((yield* Effect.flip(undo()))._tag, "DatasetChanged")
          assert.strictEqual(read() === content + added + mine, true, "without force")
          yield* undo(true)
          const gap = /[\r\n]$/.test(content) ? "" : eol
          assert.strictEqual(read() === content + gap + mine, true, JSON.stringify(read().slice(-200)))
        }).pipe(Effect.provide(storeAt(root)))
      }),
  )

  it.live.each(Object.entries(shapes))("%s: an edit before or inside them forbids it", ([, [content, row, added]]) =>
    Effect.gen(function* () {
      const { root, rows, read } = yield* bringing(content)
      yield* Effect.gen(function* () {
        yield* sync({ datasets: { rows }, writes: { rows: { insert: [row] } } })
        const ours = content + added
        for (const edited of [`#${ours}`, ours.slice(1), `${content}9${added.slice(1)}`]) {
          if (edited === ours) continue
          fs.writeFileSync(rows.file, edited)
          for (const force of [false, true]) {
            assert.strictEqual((yield* Effect.flip(undo(force)))._tag, "CannotUndo")
            assert.strictEqual(read() === edited, true)
          }
        }
      }).pipe(Effect.provide(storeAt(root)))
    }),
  )
})

/** What cannot be a table, and where it says so. */
const malformed: Readonly<Record<string, readonly [file: string | Uint8Array, line: number | null, detail: RegExp]>> = {
  "no UTF-8": [Buffer.from("a,b\n1,2\n3,caf\xe9\n", "latin1"), 3, /not UTF-8/],
  "UTF-16": [Buffer.from("\uFEFFa,b\n1,2\n", "utf16le"), 1, /not UTF-8/],
  "a character cut off at the end": [Buffer.from("a,b\r\n1,\xe2\x82", "latin1"), 2, /not UTF-8/],
  "a quote that is never closed": ['a,b\n1,"x\ny"\n2,"z\n', 4, /never closed/],
  "a quote that is never closed in the header": ['a,"b\n1,2\n', 1, /never closed/],
  "text behind a closing quote": ['a,b\r1,2\r3,"4"5\r', 3, /after a closing quote/],
  "a quote that is never closed in a header behind blank lines": [
    '\uFEFF\n\na,"b\n1,2\n',
    3,
    /never closed \(byte 7\)/,
  ],
  "a record too long": ["a,b\n1,2\n3,4,5\n", 3, /read: it should be a record of 2 fields, it is one of 3/],
  "a record too short, behind cells of several lines": ['\uFEFFa,"b"\r\n\r\n"1\n\n2",2\r\n3\r\n', 6, /it is one of 1/],
  "a name twice": ["a,a\n1,2\n", null, /same name twice/],
  "a nameless column": ["a,\n1,2\n", null, /an empty name/],
}

describe("what the user brought cannot be read:", () => {
  it.live.each(Object.entries(malformed))(
    "%s is told with its place; nothing is written",
    ([, [content, line, detail]]) =>
      Effect.gen(function* () {
        const { root, rows } = yield* bringing(content)
        const before = fs.readFileSync(rows.file)
        const writes = { rows: { insert: [{ a: 1, b: 2 }] } }
        const error = yield* sync({ datasets: { rows }, writes }).pipe(Effect.provide(storeAt(root)), Effect.flip)
        assert.strictEqual(error._tag, "DatasetMalformed")
        assert.deepInclude(error, { dataset: "rows", file: "data/rows.csv", line })
        assert.match(error.message, detail)
        assert.notMatch(error.message, /changed/)
        assert.deepEqual(fs.readFileSync(rows.file), before)
      }),
  )

  it.live("a directory in place of the file", () =>
    Effect.gen(function* () {
      const { root, rows } = yield* bringing("")
      fs.rmSync(rows.file)
      fs.mkdirSync(rows.file)
      const error = yield* sync({ datasets: { rows }, writes: {} }).pipe(Effect.provide(storeAt(root)), Effect.flip)
      assert.strictEqual(error._tag, "DatasetMalformed")
      assert.match(error.message, /is a directory/)
    }),
  )

  it.live("a file that we wrote before, and that is garbled since, is none either", () =>
    Effect.gen(function* () {
      const { root, rows } = yield* bringing("a,b\n1,2\n")
      yield* Effect.gen(function* () {
        const writes = { rows: { insert: [{ a: 1, b: 2 }] } }
        yield* sync({ datasets: { rows }, writes })
        fs.appendFileSync(rows.file, '"')
        const error = yield* Effect.flip(sync({ datasets: { rows }, writes }))
        assert.deepInclude(error, { _tag: "DatasetMalformed", line: 4 })
      }).pipe(Effect.provide(storeAt(root)))
    }),
  )

  it.live.each([
    ["in the header", "rows.csv", "", 1],
    ["in a row", "rows.csv", "a,b\n1,2\n", 3],
    ["in a line of JSON", "rows.jsonl", '{"a":1}\n{"a":', 2],
  ] as const)("fifty megabytes behind one quote %s: named, and read in bounded memory", ([, name, start, line]) =>
    Effect.gen(function* () {
      const { root, rows } = yield* bringing(`${start}"`, name)
      const piece = Buffer.alloc(1 << 20, "long ")
      const handle = fs.openSync(rows.file, "a")
      for (let at = 0; at < 50; at++) fs.writeSync(handle, piece)
      fs.closeSync(handle)
      let most = 0
      const before = process.memoryUsage().rss
      const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss - before)), 5)
      const error = yield* sync({ datasets: { rows }, writes: {} }).pipe(
        Effect.provide(storeAt(root)),
        Effect.flip,
        Effect.ensuring(Effect.sync(() => clearInterval(watch))),
      )
      assert.deepInclude(error, { _tag: "DatasetMalformed", line })
      assert.isBelow(error.message.length, 500)
      // Some copies of it at one time, not one for each of its two hundred chunks.
      assert.isBelow(most, 300 << 20)
    }),
  )
})

const json = '{"id":1,"text":"a\\nb"}'
/** The same in JSON Lines, whose lines always end in a line feed when they are ours. */
const jsonShapes: Readonly<Record<string, readonly [file: string, gap: string]>> = {
  "a final line break": [`${json}\n`, ""],
  "no final line break": [json, "\n"],
  CRLF: [`${json}\r\n${json}\r\n`, ""],
  "CRLF, but not at the end": [`${json}\r\n${json}`, "\n"],
  "a carriage return alone at the end": [`${json}\r`, "\n"],
  "blank lines everywhere": [`\n\n${json}\n\n \n${json}\n\n\n`, ""],
  "a byte order mark": [`\uFEFF${json}\n`, ""],
  "a line of five megabytes": [`{"id":1,"text":"${"é\\n".repeat(1_250_000)}"}\n`, ""],
  "keys in another order": [`{"text":"b","id":1}\n`, ""],
}

describe("JSON Lines of the user's: rows are added to", () => {
  const added = '{"id":2,"text":"ours"}\n'
  it.live.each(Object.entries(jsonShapes))("%s, and an undo gives back every byte", ([, [content, gap]]) =>
    Effect.gen(function* () {
      const { root, rows, read } = yield* bringing(content, "rows.jsonl")
      yield* Effect.gen(function* () {
        yield* sync({ datasets: { rows }, writes: { rows: { insert: [{ id: 2, text: "ours" }] } } })
        const wrote = read()
        assert.strictEqual(wrote.startsWith(content + gap), true, JSON.stringify(wrote.slice(-100)))
        assert.deepEqual(JSON.parse(wrote.slice(content.length)), { id: 2, text: "ours" })
        yield* undo()
        assert.strictEqual(read() === content, true, "after the undo")
        yield* sync({ datasets: { rows }, writes: { rows: { insert: [{ id: 2, text: "ours" }] } } })
        fs.appendFileSync(rows.file, added)
        yield* undo(true)
        assert.strictEqual(read() === content + gap + added, true, JSON.stringify(read().slice(-100)))
      }).pipe(Effect.provide(storeAt(root)))
    }),
  )

  it.live.each([
    ["not JSON", `${json}\r\n{"id":\n`, 2],
    ["not an object", `${json}\n\n[1]\n`, 3],
    ["no UTF-8", Buffer.from(`${json}\n{"id":"\xe9"}\n`, "latin1"), 2],
    ["a NUL", `${json}\n{"id":1,"text":"\0"}\n`, 2],
  ] as const)("%s is told with its line", ([, content, line]) =>
    Effect.gen(function* () {
      const { root, rows } = yield* bringing(content, "rows.jsonl")
      const error = yield* sync({ datasets: { rows }, writes: {} }).pipe(Effect.provide(storeAt(root)), Effect.flip)
      assert.deepInclude(error, { _tag: "DatasetMalformed", line })
    }),
  )
})

it.live("a hundred drifted columns: the message names a few, the facts all", () =>
  Effect.gen(function* () {
    const { root, rows } = yield* bringing("a\n1\n")
    const writes = { rows: { insert: [{ a: 1, ...wideRow }] } }
    const error = yield* sync({ datasets: { rows }, writes }).pipe(Effect.provide(storeAt(root)), Effect.flip)
    assert.strictEqual(error._tag, "SchemaDrift")
    if (error._tag !== "SchemaDrift") return
    assert.lengthOf(error.added, 100)
    assert.match(error.message, /"column 0".*"column 4".*and 95 more columns$/)
    assert.isBelow(error.message.length, 500)
    assert.isTrue(fs.existsSync(join(root, "data/rows.csv")))
  }),
)

import { testConnector } from "@openislands/connector-kit/testing"
import assert from "node:assert/strict"
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, test } from "node:test"
import { parseCsv } from "./csv.ts"
import fileDrop from "./index.ts"

let directory = ""
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "file-drop-"))))
afterEach(() => rmSync(directory, { recursive: true }))

/** A file that was put there a minute ago. */
const drop = (name: string, content: string | Uint8Array, age = 60) => {
  writeFileSync(join(directory, name), content)
  const at = Date.now() / 1000 - age
  utimesSync(join(directory, name), at, at)
}
const sync = (state = {}, config = {}) => testConnector(fileDrop, { config: { directory, ...config }, state })

test("the rows of all files, with where they come from; other files are left alone", async () => {
  drop(
    "b.csv",
    `\uFEFFday,amount,zip,paid,note\r\n2026-01-01,12.5,00123,true,"a ""b""\nc"\r\n\r\n2026-01-02,-4,10115,false,\r\n`,
  )
  drop("a.json", `[{"day":"2026-01-03","tags":["x"]}]`)
  drop("c.jsonl", `{"day":"2026-01-04"}\n\n{"day":"2026-01-05"}\n`)
  drop("notes.txt", "nothing")
  drop(".b.csv", "hidden")
  const { rows, logs } = await sync({}, { text: ["zip"] })
  assert.deepEqual(
    rows.rows.map(({ _key }) => _key),
    ["a.json#1", "b.csv#1", "b.csv#2", "c.jsonl#1", "c.jsonl#2"],
  )
  const { _key, _file, ...cells } = rows.rows[1]!
  assert.deepEqual(
    [_file, cells],
    ["b.csv", { day: "2026-01-01", amount: 12.5, zip: "00123", paid: true, note: `a "b"\nc` }],
  )
  assert.deepEqual([rows.rows[2]!["amount"], rows.rows[2]!["zip"], rows.rows[2]!["note"]], [-4, "10115", null])
  assert.deepEqual(logs, ["a.json: 1 row", "b.csv: 2 rows", "c.jsonl: 2 rows"])
})

test("the next sync takes new files and changed ones; what is gone stays", async () => {
  drop("a.csv", "id\n1\n2\n")
  const first = await sync()
  const again = await sync(first.state)
  assert.deepEqual([again.rows.rows, again.state], [[], first.state])

  drop("a.csv", "id\n1\n3\n4\n")
  drop("b.csv", "id\n9\n")
  const second = await sync(first.state)
  assert.deepEqual(
    second.rows.rows.map(({ _key, id }) => [_key, id]),
    [
      ["a.csv#1", 1],
      ["a.csv#2", 3],
      ["a.csv#3", 4],
      ["b.csv#1", 9],
    ],
  )
  rmSync(join(directory, "a.csv"))
  const third = await sync(second.state)
  assert.deepEqual([third.rows.rows, third.state], [[], second.state])
})

test("a file that lost rows is an error; with a key its rows are told apart by that", async () => {
  drop("a.csv", "id,n\n1,a\n2,b\n")
  const first = await sync()
  const keyed = await sync({}, { key: ["id"] })
  assert.deepEqual(
    keyed.rows.rows.map(({ _key }) => _key),
    ["1", "2"],
  )
  drop("a.csv", "id,n\n2,c\n")
  const { error, state } = await sync(first.state)
  assert.match(error!.message, /a\.csv had 2 rows and has 1: .* --full/)
  assert.deepEqual(state, first.state)
  const { rows } = await sync(keyed.state, { key: ["id"] })
  assert.deepEqual(rows.rows, [{ _key: "2", _file: "a.csv", id: 2, n: "c" }])
})

test("a file that may be half written waits for the next sync", async () => {
  // Of the future, so that a slow machine makes no old file of it.
  drop("a.csv", "id\n1\n", -3_600)
  const { rows, logs, state } = await sync()
  assert.deepEqual([rows.rows, state], [[], { files: {} }])
  assert.match(logs.join(), /a\.csv was written to a moment ago/)
  drop("a.csv", "id\n1\n")
  assert.equal((await sync()).rows.rows.length, 1)
})

for (const [what, name, content, message] of [
  ["a line with too few fields", "a.csv", "a,b\n1,2\n3\n", /a\.csv: line 3 has 1 fields, and the header 2/],
  ["a quote that never ends", "a.csv", `a\n"1\n`, /a\.csv: line 2: a quote that never ends/],
  ["another delimiter", "a.csv", "a;b\n1;2\n", /a\.csv: its header is one column, "a;b": set "delimiter": ";"/],
  ["a column twice", "a.csv", "a,a\n1,2\n", /a\.csv: its header has the column "a" twice/],
  ["no JSON", "a.json", "[{", /a\.json: /],
  ["no array", "a.json", "{}", /a\.json: it holds no array of rows/],
  ["a row that is no object", "a.jsonl", "{}\n5\n", /a\.jsonl: row 2 is no object/],
  ["another encoding", "a.csv", new Uint8Array([0x61, 0x0a, 0xe4]), /a\.csv: /],
] as const) {
  test(`an error that names the file: ${what}`, async () => {
    drop(name, content)
    const { error, rows } = await sync()
    assert.match(error!.message, message)
    assert.deepEqual(rows.rows, [])
  })
}

test("an empty directory, an empty file, a header alone; a directory that isn't there", async () => {
  drop("a.csv", "")
  drop("b.csv", "id,name\n")
  const { rows, error } = await sync()
  assert.deepEqual([rows.rows, error], [[], undefined])
  assert.match((await sync({}, { directory: "no-such" })).error!.message, /ENOENT/)
})

const values = (text: string, delimiter?: string) =>
  parseCsv(text, delimiter).map(({ fields }) => fields.map(({ value }) => value))

test("CSV: separators, quotes and line ends", () => {
  assert.deepEqual(values("a;b\n1;2", ";"), [
    ["a", "b"],
    ["1", "2"],
  ])
  assert.deepEqual(values("a,b\r1,\r"), [
    ["a", "b"],
    ["1", ""],
  ])
  assert.deepEqual(values(`"a\r\nb","c,d"\n"",x\n`), [
    ["a\r\nb", "c,d"],
    ["", "x"],
  ])
  assert.throws(() => parseCsv(`"a"b\n`), /line 1: text after a quoted field/)
})

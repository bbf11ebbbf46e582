import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { assertErrors, connector, inBothForms, placeOf, validate } from "../fixtures/journey.ts"
import { temporaryProject } from "../fixtures/project.ts"
import {
  bytesOf,
  leftOverIn,
  nothingLeft,
  oneOutput,
  rollbackAt,
  syncAt,
  synced,
  syncing,
} from "../fixtures/syncing.ts"

const inserting = `    await ctx.insert("rows", [{ id: 2, name: "ours\\n\\"too\\"" }])`
const replacing = inserting.replace("insert", "replace")
const added = '2,"ours\n""too"""'

/** A project with one connector and a file of the user's. */
const bringing = Effect.fnUntraced(function* (body: string, content: string | Uint8Array) {
  const root = yield* temporaryProject({ ...oneOutput(body), "data/.keep": "" })
  const file = path.join(root, "data", "rows.csv")
  writeFileSync(file, content)
  return { root, file, read: () => readFileSync(file, "utf8") }
})

describe.concurrent("the user's own file", () => {
  it.live("keeps its mark, its line ends, its blank lines and what is quoted in it; an undo leaves its bytes", () =>
    Effect.gen(function* () {
      const mine = '\uFEFF\r\n\r\nname,id\r\n"a\nb ""c""",1\r\n\r\n"é, 名前",3'
      const { root, read } = yield* bringing(inserting, mine)
      yield* synced(root)
      assert.strictEqual(read(), `${mine}\r\n"ours\n""too""",2\r\n`)
      assert.strictEqual((yield* rollbackAt(root)).code, 0)
      assert.strictEqual(read(), mine)
      assert.deepEqual(leftOverIn(root), nothingLeft)
    }),
  )

  it.live("that is a link stays one: what it leads to is replaced, and comes back", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ ...oneOutput(replacing), "elsewhere/real.csv": "id,name\n1,mine\n" })
      mkdirSync(path.join(root, "data"))
      const link = path.join(root, "data", "rows.csv")
      symlinkSync("../elsewhere/real.csv", link)
      const real = () => readFileSync(path.join(root, "elsewhere", "real.csv"), "utf8")
      yield* synced(root)
      assert.strictEqual(real(), `id,name\n${added}\n`)
      assert.isTrue(lstatSync(link).isSymbolicLink())
      assert.strictEqual((yield* rollbackAt(root)).code, 0)
      assert.strictEqual(real(), "id,name\n1,mine\n")
      assert.strictEqual(readlinkSync(link), "../elsewhere/real.csv")
      assert.isFalse(lstatSync(path.join(root, "elsewhere", "real.csv")).isSymbolicLink())
    }),
  )

  it.live.each([
    ["a quote that is never closed", 'id,name\n1,x\n2,"y\n', "data/rows.csv:3", "never closed"],
    ["Latin-1", Buffer.from("id,name\n1,caf\xe9\n", "latin1"), "data/rows.csv:2", "Save the file as UTF-8"],
    ["a column named twice", "id,id\n1,2\n", "data/rows.csv ", "the same name twice"],
  ] as const)("with %s: the sync says where, and changes nothing", ([, content, place, words]) =>
    Effect.gen(function* () {
      const { root } = yield* bringing(inserting, content)
      const before = bytesOf(root)
      const { code, errorTag } = yield* syncAt(root)
      assert.deepEqual([code, errorTag], [1, "DatasetMalformed"])
      const { human } = yield* inBothForms(["sync"], { cwd: root })
      assert.include(human, place)
      assert.include(human, words)
      assert.notInclude(human, "changed by something else")
      assert.deepEqual(bytesOf(root), before)
      assert.deepEqual(leftOverIn(root), nothingLeft)
    }),
  )

  it.live("and everything else may have the longest name there is", () =>
    Effect.gen(function* () {
      const [one, rows] = ["c".repeat(100), "D".repeat(100)]
      const source = `data/${"é".repeat(125)}x.csv`
      const column = "колонка ".repeat(100)
      const manifest = {
        datasets: { [rows]: { source } },
        connectors: { [one]: { module: `connectors/${"m".repeat(255)}`, datasets: { rows } } },
      }
      const root = yield* temporaryProject({
        "manifest.json": JSON.stringify(manifest),
        [`connectors/${"m".repeat(255)}/index.ts`]: syncing(
          `    await ctx.insert("rows", [{ ${JSON.stringify(column)}: 1 }])`,
        ),
      })
      const read = () => readFileSync(path.join(root, source), "utf8")
      yield* synced(root)
      yield* synced(root)
      assert.strictEqual(read(), `"${column}"\n1\n1\n`)
      assert.strictEqual((yield* rollbackAt(root)).code, 0)
      assert.strictEqual(read(), `"${column}"\n1\n`)
      assert.strictEqual((yield* rollbackAt(root)).code, 0)
      assert.deepEqual(leftOverIn(root), nothingLeft)
    }),
  )

  it.live("whose name no file system keeps is refused by validate, with its place", () =>
    Effect.gen(function* () {
      const long = `data/${"é".repeat(126)}.csv`
      const deep = `${"directory/".repeat(500)}rows.csv`
      const name = "n".repeat(101)
      const text = JSON.stringify(
        {
          datasets: { long: { source: long }, deep: { source: deep }, [name]: { source: "data/a.csv" } },
          connectors: {
            one: { module: "connectors/one", datasets: {} },
            [`x${name}`]: { module: "connectors/one", datasets: {} },
          },
        },
        null,
        1,
      )
      const root = yield* temporaryProject({ "manifest.json": text, "connectors/one/index.ts": connector() })
      const place = (where: string, part: string) => ({ file: "manifest.json", path: where, ...placeOf(text, part) })
      const tooLong = { _tag: "InvalidPath", message: /longer than file systems take/, suggestion: /short path/ }
      assertErrors(yield* validate(root), [
        { ...tooLong, ...place("datasets.long.source", JSON.stringify(long)) },
        { ...tooLong, ...place("datasets.deep.source", JSON.stringify(deep)) },
        { _tag: "InvalidName", ...place(`datasets.${name}`, `"${name}"`) },
        { _tag: "InvalidName", ...place(`connectors.x${name}`, `"x${name}"`) },
      ])
    }),
  )
})

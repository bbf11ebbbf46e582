import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as fc from "fast-check"
import * as fs from "node:fs"
import { DatasetStore } from "../../../src/services/DatasetStore.ts"
import type { SourceDataset } from "../../../src/services/domain/Manifest.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetAt, storeAt } from "../../fixtures/store.ts"

const rowsOf = (dataset: SourceDataset, from: number, most: number) =>
  Stream.unwrap(DatasetStore.useSync((store) => store.read(dataset, { from, most }))).pipe(
    Stream.runCollect,
    Effect.map((batches) => batches.flat()),
  )
const countOf = (dataset: SourceDataset) => DatasetStore.use((store) => store.count(dataset))

const lines = (text: string): string => Array.from({ length: 600 }, (_, id) => `${id},${text}${id}\n`).join("")

/** Files as people have them, of any layout; rows enough that some lie behind places that are kept. */
const layouts: Readonly<Record<string, (cells: ReadonlyArray<string>, seed: number) => string>> = {
  "a.csv": (cells, seed) => {
    const eol = ["\n", "\r\n", "\r"][seed % 3]!
    const lines = cells.map((cell, id) => `${id},"${cell.replaceAll('"', '""')}"${id % 5 === seed % 5 ? eol : ""}`)
    return `${seed % 2 === 0 ? "\uFEFF" : ""}${seed % 7 === 0 ? eol : ""}id,text${eol}${lines.join(eol)}${seed % 4 === 0 ? eol : ""}`
  },
  "a.jsonl": (cells, seed) => {
    const lines = cells.map((text, id) => `${id % 5 === seed % 5 ? " \n\t" : ""}${JSON.stringify({ id, text })}`)
    return `${seed % 2 === 0 ? "\uFEFF" : ""}${lines.join(seed % 3 === 0 ? "\r\n" : "\n")}`
  },
  "a.json": (cells, seed) => {
    const rows = cells.map((text, id) => ({ id, text }))
    return `${seed % 2 === 0 ? "\uFEFF" : ""} ${JSON.stringify(rows, null, seed % 3)}\n\n`
  },
}

describe("a part of a file that the user brought", () => {
  for (const [name, layout] of Object.entries(layouts)) {
    it.live(`is what lies there: ${name}`, () =>
      Effect.gen(function* () {
        const root = yield* temporaryProject({ "manifest.json": "{}", [`data/${name}`]: "" })
        const dataset = datasetAt(root, `data/${name}`)
        const cell = fc.string({ unit: "grapheme", maxLength: 6 }).map((text) => `${text}\n,"x`)
        const files = fc.tuple(fc.array(cell, { minLength: 500, maxLength: 900 }), fc.nat(100), fc.array(fc.nat(950)))
        for (const [cells, seed, asked] of fc.sample(files, 15)) {
          fs.writeFileSync(dataset.file, layout(cells, seed))
          const check = Effect.gen(function* () {
            for (const from of [...asked, 0, 256, 511, cells.length]) {
              const texts = (yield* rowsOf(dataset, from, 3)).map(({ text }) => text)
              assert.deepEqual(texts, cells.slice(from, from + 3), `${JSON.stringify([cells.length, seed, from])}`)
            }
            assert.strictEqual(yield* countOf(dataset), cells.length)
          })
          yield* check.pipe(Effect.provide(storeAt(root)))
        }
      }),
    )
  }

  it.live("is all that is read of it, once it is known where rows begin", () =>
    Effect.gen(function* () {
      const rows = Array.from({ length: 60_000 }, (_, id) => ({ id, text: `row ${id}, and more` }))
      const root = yield* temporaryProject({
        "manifest.json": "{}",
        "data/a.jsonl": rows.map((row) => `${JSON.stringify(row)}\n`).join(""),
      })
      const dataset = datasetAt(root, "data/a.jsonl")
      const time = new Date("2026-01-01T00:00:00Z")
      fs.utimesSync(dataset.file, time, time)
      yield* Effect.gen(function* () {
        // Each goes on from where the one before has been.
        for (const from of [9_000, 31_000, 53_000]) {
          assert.deepEqual(yield* rowsOf(dataset, from, 2), rows.slice(from, from + 2))
        }
        assert.strictEqual(yield* countOf(dataset), 60_000)
        // Whoever read what lies before would stumble over this.
        const file = fs.openSync(dataset.file, "r+")
        fs.writeSync(file, "#".repeat(1_000_000), 1_000)
        fs.closeSync(file)
        fs.utimesSync(dataset.file, time, time)
        for (const from of [59_990, 40_000]) {
          assert.deepEqual(yield* rowsOf(dataset, from, 20), rows.slice(from, from + 20))
        }
        assert.strictEqual(yield* countOf(dataset), 60_000)
      }).pipe(Effect.provide(storeAt(root)))
    }),
  )

  it.live("is of what is there now, whoever wrote it", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}", "data/a.csv": `id,text\n${lines("a")}` })
      const dataset = datasetAt(root, "data/a.csv")
      const look = Effect.gen(function* () {
        const [row] = yield* rowsOf(dataset, 520, 1)
        return [row?.["id"], row?.["text"], yield* countOf(dataset)]
      })
      yield* Effect.gen(function* () {
        assert.deepEqual(yield* look, [520, "a520", 600])
        fs.appendFileSync(dataset.file, "600,more\n")
        assert.deepEqual(yield* look, [520, "a520", 601])
        // Of the same file, and rows that lie elsewhere.
        fs.writeFileSync(dataset.file, `id,text\n${lines("longer")}`)
        assert.deepEqual(yield* look, [520, "longer520", 600])
        fs.writeFileSync(dataset.file, "id,text\n7,only\n")
        assert.deepEqual(yield* look, [undefined, undefined, 1])
        // What is inferred is of what is there now, too.
        fs.writeFileSync(dataset.file, "id,text\n7,8\n")
        assert.deepEqual(yield* rowsOf(dataset, 0, 5), [{ id: 7, text: 8 }])
      }).pipe(Effect.provide(storeAt(root)))
    }),
  )
})

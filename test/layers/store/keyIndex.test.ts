import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import fc from "fast-check"
import { expect, it } from "vitest"
import { KeyIndex } from "../../../src/layers/store/keyIndex.ts"

const key = fc.oneof(fc.constantFrom("1", '"a"', '"A"', "1,2"), fc.string())

it("many keys are kept in a file, and nobody can tell", () => {
  const directory = mkdtempSync(join(tmpdir(), "openislands-index-"))
  let files = 0
  try {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 20 }), fc.array(key, { maxLength: 10 }), (staged, there) => {
        using few = closing(new KeyIndex(join(directory, `${files++}`), 3))
        using many = closing(new KeyIndex(join(directory, `${files++}`)))
        const seen = [few.index, many.index].map((index) => {
          for (const [at, one] of staged.entries()) index.add(one, at * 10, at * 10 + 5)
          for (const [row, one] of [...new Set(there)].entries()) {
            const found = index.find(one)
            if (found === null) continue
            index.match(one, { ...found, there: { row, from: row, to: row + 1 }, changed: row % 2 === 0 })
          }
          return { size: index.size, all: [...index.all()], fresh: [...index.fresh()], changed: [...index.changed()] }
        })
        expect(seen[0]).toEqual(seen[1])
        expect(seen[0]!.size).toBe(new Set(staged).size)
      }),
      { numRuns: 100 },
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
})

it("one that is made in the place of another begins empty, as an upsert makes two", () => {
  const directory = mkdtempSync(join(tmpdir(), "openislands-index-"))
  try {
    for (const first of ["1", "2"]) {
      using one = closing(new KeyIndex(join(directory, "keys"), 1))
      for (const [at, key] of [first, "3", "4"].entries()) one.index.add(key, at, at + 1)
      expect(one.index.size).toBe(3)
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
})

it("a file that cannot be made is an error that names it", () => {
  const directory = mkdtempSync(join(tmpdir(), "openislands-index-"))
  try {
    mkdirSync(join(directory, "taken"))
    using one = closing(new KeyIndex(join(directory, "taken"), 0))
    expect(() => one.index.add("1", 0, 5)).toThrow(expect.objectContaining({ _tag: "StoreFailed" }))
    expect(() => one.index.add("1", 0, 5)).toThrow(join(directory, "taken"))
  } finally {
    rmSync(directory, { recursive: true })
  }
})

const closing = (index: KeyIndex) => ({ index, [Symbol.dispose]: () => index.close() })

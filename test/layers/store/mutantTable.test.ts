import { expect, it } from "vitest"
import { readFileSync } from "node:fs"
import * as path from "node:path"
import { table } from "../../torture/mutantTable.ts"

const store = path.join(import.meta.dirname, "../../../src/layers/store")

it("what the mutants of the store leave out stands where they look for it", () => {
  const stale = Object.entries(table).flatMap(([file, entries]) => {
    const text = readFileSync(path.join(store, file), "utf8")
    return entries.flatMap(({ what, edits }) =>
      edits.some(([from]) => !text.includes(from)) ? [`${file}: ${what}`] : [],
    )
  })
  expect(stale).toEqual([])
})

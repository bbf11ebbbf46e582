import { describe, expect, it } from "vitest"
import { globSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { chapters } from "../../tools/docs/errors/chapters.ts"
import { pages } from "../../tools/docs/pages.ts"

const root = path.join(import.meta.dirname, "..", "..")

describe("generated pages", () => {
  it("are those that the sources make: else run npm run docs", async () => {
    for (const [file, text] of await pages()) {
      expect(readFileSync(path.join(root, file), "utf8"), file).toBe(text)
    }
  })

  it("show each error of the sources: else add an example to tools/docs/errors", () => {
    const declared = globSync("src/**/*.ts", { cwd: root }).flatMap((file) =>
      [...readFileSync(path.join(root, file), "utf8").matchAll(/Schema\.TaggedError<(\w+)>/g)].map(([, tag]) => tag),
    )
    const shown = new Set(chapters.flatMap(({ examples }) => examples.map(([{ _tag }]) => _tag)))
    expect(declared.length).toBeGreaterThan(90)
    expect(declared.filter((tag) => !shown.has(tag ?? ""))).toEqual([])
  })

  it("show no error without its message and its next step", () => {
    for (const [error, cause] of chapters.flatMap(({ examples }) => examples)) {
      expect([error.message, error.suggestion, cause], error._tag).toEqual([
        expect.stringMatching(/\S/),
        expect.stringMatching(/\S/),
        expect.stringMatching(/\.$/),
      ])
    }
  })
})

import { Ajv2020 } from "ajv/dist/2020.js"
import { describe, expect, it } from "vitest"
import { existsSync, globSync, readFileSync } from "node:fs"
import { parse, type ParseError } from "jsonc-parser"
import * as path from "node:path"
import { manifestSchema, nothingKnown } from "../../src/layers/manifest/jsonSchema.ts"
import { anchorsOf, brokenLinks, linksOf, sourcesOf } from "../fixtures/markdown.ts"
import { blocksOf } from "../fixtures/tutorial.ts"

const root = path.join(import.meta.dirname, "..", "..")
const isOurs = (file: string): boolean => !/(^|\/)(node_modules|dist|data|\.openislands)\//.test(file)
const pages = globSync("**/*.md", { cwd: root, exclude: (name) => /^(node_modules|dist|\.\w+)$/.test(name) }).filter(
  isOurs,
)

describe("pages", () => {
  for (const page of pages) {
    it(`${page}: links lead somewhere`, () => {
      expect(brokenLinks(path.join(root, page), existsSync)).toEqual([])
    })

    it(`${page}: the files of the repository that it names are there`, () => {
      const named = sourcesOf(readFileSync(path.join(root, page), "utf8"))
      expect(named.filter((file) => !existsSync(path.join(root, file)))).toEqual([])
    })
  }

  it("are all in the index, or beside what they are about", () => {
    const index = new Set(
      linksOf(readFileSync(path.join(root, "docs/README.md"), "utf8")).map((link) => path.join("docs", link)),
    )
    const missing = pages.filter((page) => page.startsWith("docs/") && page !== "docs/README.md" && !index.has(page))
    expect(missing).toEqual([])
  })
})

const messagesOf = (page: string): ReadonlyArray<string> =>
  blocksOf(readFileSync(path.join(root, page), "utf8"))
    .filter(({ language }) => language === "")
    .map(({ text }) => text)

describe("troubleshooting", () => {
  it("shows messages as they are: those of docs/errors.md", () => {
    const known = new Set(messagesOf("docs/errors.md"))
    const shown = messagesOf("docs/troubleshooting.md")
    expect(shown.length).toBeGreaterThan(20)
    expect(shown.filter((text) => !known.has(text))).toEqual([])
  })
})

describe("anchors", () => {
  it("are those of GitHub", () => {
    const text = "# A `ctx.fetch`, or two\n\n## GET /api/runs/{runId}\n\n```\n# none\n```\n\n## Same\n\n## Same\n"
    expect([...anchorsOf(text)]).toEqual(["a-ctxfetch-or-two", "get-apirunsrunid", "same", "same-1"])
  })
})

describe("manifests that pages show", () => {
  const validate = new Ajv2020({ allErrors: true, strict: false }).compile(manifestSchema(nothingKnown))
  const sections = /^\s*(\/\/.*\n\s*)*(\{|"(datasets|connectors|actions|history|serve)":)/
  const manifests = pages.flatMap((page) =>
    blocksOf(readFileSync(path.join(root, page), "utf8"))
      .filter(({ language, text }) => language === "jsonc" && sections.test(text))
      .map(({ text }) => ({ page, text: text.trimStart().startsWith("{") ? text : `{${text}}` })),
  )

  it("are valid, whole or a section", () => {
    expect(manifests.length).toBeGreaterThan(3)
    for (const { page, text } of manifests) {
      const errors: Array<ParseError> = []
      const manifest: unknown = parse(text, errors, { allowTrailingComma: true })
      expect(errors, `${page}: ${text}`).toEqual([])
      expect(validate(manifest) ? [] : validate.errors, `${page}: ${text}`).toEqual([])
    }
  })
})

import * as fc from "fast-check"
import { createScanner, parse, type ParseError } from "jsonc-parser"
import { assert, describe, it } from "vitest"
import { declare } from "../../../src/programs/cli/scaffold/declare.ts"
import { insertProperty } from "../../../src/programs/cli/scaffold/insertProperty.ts"

const read = (text: string): unknown => {
  const errors: Array<ParseError> = []
  const value: unknown = parse(text, errors, { allowTrailingComma: true })
  assert.deepEqual(errors, [])
  return value
}

/** Comments too, but neither blanks nor commas. */
const tokensOf = (text: string): ReadonlyArray<string> => {
  const scanner = createScanner(text)
  const tokens: Array<string> = []
  while (scanner.getPosition() < text.length) {
    scanner.scan()
    const token = text.slice(scanner.getTokenOffset(), scanner.getPosition())
    if (token.trim() !== "" && token !== ",") tokens.push(token)
  }
  return tokens
}

const gap = fc.constantFrom("", "", " ", "\n  ", "\r\n\t", " // about, it\n", "/* { a: , */", "\n// }\n    ")
const scalar = fc.constantFrom("1", '"a, b"', '"// no comment"', "null", "true", "[1, /* x */ 2,]")

/** The text of an object with these names. */
const object = (names: ReadonlyArray<string>, value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.array(fc.tuple(gap, gap, gap, value, gap), { minLength: names.length, maxLength: names.length }),
      gap,
      fc.boolean(),
    )
    .map(([entries, end, trailing]) => {
      const properties = entries.map(([a, b, c, value, d], at) => `${a}"${names[at]}"${b}:${c}${value}${d}`)
      return `{${properties.join(",")}${trailing && properties.length > 0 ? "," : ""}${end}}`
    })

const names = fc.subarray(["a", "b", "c"])
const inner = names.chain((some) => object(some, scalar))
const text = fc
  .tuple(
    names.chain((some) => object([...some, "section"], inner)),
    gap,
  )
  .map(([one, end]) => one + end)

describe("insertProperty", () => {
  for (const [where, path] of [
    ["an object in another", ["section"]],
    ["the root", []],
  ] as const) {
    it(`adds to ${where}, and leaves every comment where it is`, () => {
      fc.assert(
        fc.property(text, fc.constantFrom('{ "x": [1] }', '{\n\t"x": 1\n}'), (before, value) => {
          const after = insertProperty(before, path, "new", value)
          const expected = read(before) as Record<string, unknown>
          const target = (path.length === 0 ? expected : expected["section"]) as Record<string, unknown>
          target["new"] = read(value)
          assert.deepEqual(read(after), expected)

          const [old, now, added] = [tokensOf(before), tokensOf(after), tokensOf(`"new": ${value}`)]
          const at = now.indexOf('"new"')
          assert.deepEqual(now.slice(at, at + added.length), added)
          // Whatever is said of the others is said before.
          assert.strictEqual(now[at + added.length], "}")
          assert.deepEqual([...now.slice(0, at), ...now.slice(at + added.length)], old)
        }),
      )
    })
  }
})

describe("declare", () => {
  const cases: Readonly<Record<string, readonly [before: string, after: string]>> = {
    "an empty object": [
      "{}",
      `{
  "datasets": {
    "x": { "source": "data/x.csv" }
  },
  "connectors": {
    "x": { "module": "connectors/x", "datasets": { "items": "x" } }
  }
}`,
    ],
    "sections with comments at their ends, tabs and trailing commas": [
      `\uFEFF{
\t"connectors": {
\t\t"a": {}, // the first
\t\t// and no other
\t},
\t"datasets": { "a": { "source": "a.csv" } } // just one
}
`,
      `\uFEFF{
\t"connectors": {
\t\t"a": {}, // the first
\t\t// and no other
\t\t"x": { "module": "connectors/x", "datasets": { "items": "x" } },
\t},
\t"datasets": { "a": { "source": "a.csv" }, "x": { "source": "data/x.csv" } } // just one
}
`,
    ],
    "lines that end as on Windows": [
      '{\r\n    "datasets": {\r\n        "a": { "source": "a.csv" } // a\r\n    }\r\n}\r\n',
      '{\r\n    "datasets": {\r\n        "a": { "source": "a.csv" }, // a\r\n        "x": { "source": "data/x.csv" }\r\n    },\r\n    "connectors": {\r\n        "x": { "module": "connectors/x", "datasets": { "items": "x" } }\r\n    }\r\n}\r\n',
    ],
  }
  for (const [title, [before, after]] of Object.entries(cases)) {
    it(title, () => assert.strictEqual(declare(before, "x", "data/x.csv", "items"), after))
  }
})

import { assert, it } from "@effect/vitest"
import * as fc from "fast-check"
import { z } from "zod"
import { configIssues, type Issue } from "../../../src/layers/host/configIssues.ts"

const told = (schema: z.ZodType, value: unknown): ReadonlyArray<string> =>
  configIssues((schema.safeParse(value).error?.issues ?? []) as ReadonlyArray<Issue>).map(
    ({ path, message }) => `${path.join(".")}: ${message}`,
  )

const page = z.object({ kind: z.literal("page"), size: z.number() })
const cursor = z.object({ kind: z.literal("cursor"), path: z.string() })

it("a value that no alternative takes is told what each wants", () => {
  const schema = z.object({ a: z.union([z.string(), z.union([z.number(), z.literal("x")]), z.enum(["y", "z"])]) })
  const wanted = 'a: Invalid input: expected string or number or "x" or one of "y"|"z"'
  assert.deepEqual(told(schema, { a: true }), [`${wanted}, received boolean`])
  assert.deepEqual(told(schema, {}), [`${wanted}, received undefined`])
  const long = z.union([z.string().min(3), z.string().regex(/^\d/, "begin with a digit")])
  assert.deepEqual(told(long, "a"), [
    ": Invalid input: Too small: expected string to have >=3 characters; or begin with a digit",
  ])
  const either = z.union([z.object({ url: z.string() }), z.object({ file: z.string() })])
  assert.deepEqual(told(z.object({ from: either }), { from: {} }), [
    "from: Invalid input: url: expected string, received undefined; or file: expected string, received undefined",
  ])
})

it("one that nearly fits an alternative is told what that has against it, at its place", () => {
  const list = z.object({ a: z.union([z.string(), z.array(z.string())]) })
  assert.deepEqual(told(list, { a: ["x", 1] }), ["a.1: Invalid input: expected string, received number"])
  const pages = z.object({ pages: z.union([page, cursor, z.literal("none")]) })
  const wrong = { pages: { kind: "page", size: "1" } }
  assert.deepEqual(told(pages, wrong), ["pages.size: Invalid input: expected number, received string"])
  assert.deepEqual(told(z.object({ pages: z.union([z.null(), pages.shape.pages]) }), wrong), told(pages, wrong))
  assert.deepEqual(told(pages, { pages: { kind: "pages" } }), [
    'pages: Invalid input: kind: expected "page"; or kind: expected "cursor"; or expected "none"',
  ])
})

it("what an author or zod says of a union stays", () => {
  assert.deepEqual(told(z.union([z.string(), z.number()], { error: "a name or a number" }), true), [
    ": a name or a number",
  ])
  const kinds = z.discriminatedUnion("kind", [page, cursor])
  assert.deepEqual(told(kinds, { kind: "pages" }), ["kind: Invalid option: expected 'page' | 'cursor'"])
  assert.deepEqual(told(z.number(), "1"), [": Invalid input: expected number, received string"])
})

const kinds = {
  string: z.string(),
  number: z.number(),
  boolean: z.boolean(),
  null: z.null(),
  array: z.array(z.string()),
}

it("whatever is refused is told something, and where it is", () => {
  const names = fc.uniqueArray(fc.constantFrom(...(Object.keys(kinds) as Array<keyof typeof kinds>)), { minLength: 2 })
  fc.assert(
    fc.property(names, fc.jsonValue({ maxDepth: 2 }), (names, value) => {
      const schema = z.union(names.map((name) => kinds[name]))
      const isTaken = schema.safeParse(value).success
      const all = told(schema, value)
      assert.strictEqual(all.length === 0, isTaken)
      for (const one of all) {
        const isInside = /^\d+: /.test(one)
        assert.isTrue(isInside ? Array.isArray(value) : names.every((name) => one.includes(name)), one)
      }
    }),
  )
})

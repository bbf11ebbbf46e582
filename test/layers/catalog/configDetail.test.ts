import { assert, it } from "@effect/vitest"
import { z } from "zod"
import { configDetail } from "../../../src/layers/catalog/configDetail.ts"

const schema = z.object({
  since: z.iso.date().optional(),
  pages: z.number().optional(),
  apiKey: z.number().optional(),
  size: z.number().min(10).optional(),
  list: z.array(z.string()).optional(),
  mode: z.enum(["a", "b"]).optional(),
  url: z.url().optional(),
  name: z.string(),
})

const details = (config: object): ReadonlyArray<string> =>
  (schema.safeParse({ name: "x", ...config }).error?.issues ?? []).map(({ path, message }) =>
    configDetail(config, { path: path as Array<string>, message }),
  )

it("says what was got and the form that is wanted, and shows nothing that may be a secret", () => {
  assert.deepEqual(details({ since: "2026-1-1" }), ['Invalid ISO date (such as 2026-01-31), got "2026-1-1"'])
  assert.deepEqual(details({ pages: "6" }), ['Invalid input: expected number, got "6"'])
  assert.deepEqual(details({ pages: null }), ["Invalid input: expected number, received null"])
  assert.match(details({ size: 1 })[0]!, /expected number to be >=10, got 1$/)
  assert.deepEqual(details({ apiKey: "hunter2" }), ["Invalid input: expected number, received string"])
  assert.deepEqual(details({ list: { a: 1 } }), ["Invalid input: expected array, received object"])
  assert.deepEqual(details({ list: ["a", 2] }), ["Invalid input: expected string, got 2"])
  assert.deepEqual(details({ mode: "c" }), ['Invalid option: expected one of "a"|"b", got "c"'])
  assert.include(details({ url: "no" }), 'Invalid URL (such as https://example.com/items), got "no"')
  const message = "Invalid input: expected string, received undefined"
  const missing = 'is missing; expected string. Write it as "config": { "name": ... }'
  assert.strictEqual(configDetail({}, { path: ["name"], message }), missing)
  // A connector's schema says what it likes.
  assert.strictEqual(configDetail({ name: 5 }, { path: ["name"], message: "constructor" }), "constructor, got 5")
  assert.include(details({ since: "9".repeat(500) })[0], `got "${"9".repeat(60)}..."`)
})

import { assert, it } from "@effect/vitest"
import { unquotedWord } from "../../../src/layers/query/unquotedWord.ts"

/** `^` stands where the error is. */
const foundIn = (marked: string, detail = "syntax error at or near") =>
  unquotedWord(marked.replace("^", ""), { detail, at: Buffer.byteLength(marked.slice(0, marked.indexOf("^"))) })

it.each([
  ["SELECT id, at ^FROM e", "at"],
  ["SELECT max(at^) FROM e", "at"],
  ["SELECT 'é', At ^FROM e", "At"],
  ["SELECT * FROM e ORDER BY at^", "at"],
  ["SELECT ^end FROM e", "end"],
  ["SELECT order ^FROM e", "order"],
  ["^SELEC id FROM e", null],
  ["SELECT id FROM e WHERE^", null],
  ['SELECT "at" ^,, FROM e', null],
  ["SELECT format ^FROM e", null],
])("a word that may be meant as a name: %s", (marked, word) => {
  assert.strictEqual(foundIn(marked), word)
})

it("is looked for in errors of syntax only", () => {
  assert.isNull(foundIn("SELECT at ^FROM e", "Referenced column not found"))
  assert.isNull(unquotedWord("SELECT at FROM e", { detail: "syntax error at end of input", at: null }))
})

import { defineConnector } from "@openislands/connector-kit"
import { execFile } from "node:child_process"
import { readdir, readFile } from "node:fs/promises"
import * as path from "node:path"
import { promisify } from "node:util"
import { assert, describe, it } from "vitest"

const kit = path.join(import.meta.dirname, "../../src/kit/index.ts")
const tsc = path.join(import.meta.dirname, "../../node_modules/typescript/bin/tsc")

describe("defineConnector", () => {
  const definition = { description: "d", outputs: { events: {} }, sync() {} }

  it("answers the definition's fields, marked and frozen, and leaves the definition alone", () => {
    const connector = defineConnector(definition)
    assert.deepEqual(Object.keys(connector), ["description", "outputs", "sync"])
    assert.strictEqual(connector.sync, definition.sync)
    assert.deepEqual(Object.getOwnPropertySymbols({ ...connector }), [Symbol.for("openislands.connector")])
    assert.strictEqual(Object.getOwnPropertyDescriptor(connector, Symbol.for("openislands.connector"))?.value, 1)
    assert.isTrue(Object.isFrozen(connector))
    assert.isFalse(Object.isFrozen(definition))
    assert.deepEqual(Object.getOwnPropertySymbols(definition), [])
  })

  it("remembers where it was called, out of sight", () => {
    const { value, enumerable } = Object.getOwnPropertyDescriptor(
      defineConnector(definition),
      Symbol.for("openislands.connector.site"),
    )!
    assert.isFalse(enumerable)
    assert.include((value as Error).stack, import.meta.filename)
  })

  it("throws nothing: what is wrong with a definition is the host's to say", () => {
    for (const nonsense of [undefined, null, 1, "text", [], () => {}, {}]) {
      assert.isTrue(Object.isFrozen(defineConnector(nonsense as never)))
    }
  })

  it("loads nothing at run time, zod included", async () => {
    const directory = path.dirname(kit)
    const files = (await readdir(directory)).filter((name) => name.endsWith(".ts"))
    const texts = await Promise.all(files.map((name) => readFile(path.join(directory, name), "utf8")))
    const imports = texts.flatMap((text) => text.match(/^.*\bfrom ".*"/gm) ?? [])
    assert.isNotEmpty(imports)
    for (const line of imports) assert.match(line, /^import type |from "\.\/\w+\.ts"$/)
  })

  for (const lib of ["ES2024", "ES2024,DOM,DOM.Iterable"]) {
    it(`type-checks with nothing but ${lib}`, async () => {
      const flags = [
        "--ignoreConfig",
        "--noEmit",
        "--strict",
        "--skipLibCheck",
        "--allowImportingTsExtensions",
        "--module",
        "nodenext",
        "--types",
        "",
      ]
      const checked = await promisify(execFile)(process.execPath, [tsc, ...flags, "--lib", lib, kit])
      assert.strictEqual(checked.stdout, "")
    })
  }
})

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { listen, request } from "../../fixtures/http.ts"
import { connector, manifest } from "../../fixtures/journey.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { served } from "../../fixtures/served.ts"

const files = {
  "manifest.json": manifest({ one: {} }),
  "connectors/one/index.ts": `import { text } from "../../lib/text.ts"\n${connector().replace("Test rows", "' + text + '").replaceAll("\"' + text + '\"", "text")}`,
  "lib/text.ts": `export const text = "before"\n`,
  ".env": "A=1\n",
  "data/one.csv": "a\n1\n",
}

/** A served project, somebody who listens, and hands that edit it. */
const open = Effect.gen(function* () {
  const root = yield* temporaryProject(files)
  const origin = yield* served(root, { schedule: true })
  const client = yield* listen(origin)
  // Which files it imports is known once it has been bundled.
  yield* request(origin, "/api/connectors")
  yield* Effect.sleep("500 millis")
  const write = (name: string, text: string) => writeFileSync(path.join(root, name), text)
  /** As editors do it. */
  const replace = (name: string, text: string) => {
    write(`${name}.tmp`, text)
    renameSync(path.join(root, `${name}.tmp`), path.join(root, name))
  }
  /** Waits until a change of these parts has been told that names the file, since the last time. */
  let seen = 0
  const told = Effect.fnUntraced(function* (part: string, file: string) {
    const from = seen
    const isIt = (event: any) => event.type === "changed" && event.parts.includes(part) && event.files.includes(file)
    const events = yield* client.until(
      (event) => isIt(event) && client.events.findIndex((e) => e.event === event) >= from,
    )
    seen = events.length
  })
  const status = Effect.map(request(origin, "/api/connectors"), ({ json }) => json)
  return { root, origin, client, write, replace, told, status }
})

describe("what is edited by hand while it is served", () => {
  it.live("is told of, whichever file it is and however it is saved", () =>
    Effect.gen(function* () {
      const { root, write, replace, told, status } = yield* open
      assert.strictEqual((yield* status).connectors[0].description, "before")
      write("lib/text.ts", `export const text = "after"\n`)
      yield* told("connectors", "lib/text.ts")
      assert.strictEqual((yield* status).connectors[0].description, "after")

      for (const count of [1, 2]) {
        replace(".env", `A=${count + 1}\n`)
        yield* told("env", ".env")
        replace("connectors/one/index.ts", `${files["connectors/one/index.ts"]}// ${count}\n`)
        yield* told("connectors", "connectors/one/index.ts")
        replace("data/one.csv", `a\n${count + 1}\n`)
        yield* told("datasets", "data/one.csv")
      }
      // A new directory of the connector, and what is in it; the data's, which goes and comes back.
      mkdirSync(path.join(root, "connectors/one/more"))
      yield* told("connectors", "connectors/one/more")
      yield* Effect.sleep("300 millis")
      write("connectors/one/more/helper.ts", "export {}\n")
      yield* told("connectors", "connectors/one/more/helper.ts")
      rmSync(path.join(root, "data"), { recursive: true })
      yield* told("datasets", "data")
      mkdirSync(path.join(root, "data"))
      yield* told("datasets", "data")
      yield* Effect.sleep("300 millis")
      write("data/one.csv", "a\n9\n")
      yield* told("datasets", "data/one.csv")

      // Not one of ours, though it is called like our directory.
      mkdirSync(path.join(root, ".openislands-data"))
      write(".openislands-data/two.csv", "a\n1\n")
      write("manifest.json", files["manifest.json"].replace("data/one.csv", ".openislands-data/two.csv"))
      yield* told("manifest", "manifest.json")
      yield* Effect.sleep("300 millis")
      write(".openislands-data/two.csv", "a\n2\n")
      yield* told("datasets", ".openislands-data/two.csv")
    }),
  )

  it.live("a manifest that makes no sense leaves the last good one shown, and running, beside its error", () =>
    Effect.gen(function* () {
      const { origin, write, replace, told, status } = yield* open
      const before = (yield* status).connectors
      for (const broken of ['{ "connectors": {', "", '{ "connectors": 5 }']) {
        write("manifest.json", broken)
        yield* told("manifest", "manifest.json")
        const { connectors, error } = yield* status
        assert.deepEqual(connectors, before)
        assert.include(["ManifestSyntax", "InvalidField"], error._tag, broken)
        assert.strictEqual(error.file, "manifest.json")
        assert.isNumber(error.line)
      }
      const { status: code, json } = yield* request(origin, "/api/connectors/one/sync", { method: "POST" })
      assert.strictEqual(code, 202, JSON.stringify(json))
      replace("manifest.json", manifest({ one: { description: "mended" } }))
      yield* told("manifest", "manifest.json")
      const mended = yield* status
      assert.notProperty(mended, "error")
      assert.strictEqual(mended.connectors[0].description, "mended")
    }),
  )

  it.live("wakes the scheduler: a schedule counts from the moment it is written", () =>
    Effect.gen(function* () {
      const { client, replace } = yield* open
      replace("manifest.json", manifest({ one: { schedule: "1h" } }))
      const events = yield* client.until(({ type }) => type === "finished")
      const { run } = events.find(({ event }) => event.type === "finished")!.event
      assert.deepInclude(run, { connector: "one", trigger: "schedule", outcome: "success" })
    }),
  )
})

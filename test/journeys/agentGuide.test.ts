import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { appendFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { inject } from "vitest"
import { openislands } from "../fixtures/cli.ts"
import { mcpClient } from "../fixtures/mcpClient.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { provider } from "../fixtures/provider.ts"

const token = "acme-token-Xq7Zr2Lw9"

/** A provider's API as the guide's example expects it. */
const acme = (events: ReadonlyArray<object>) =>
  provider(({ url, authorization }) => {
    if (authorization !== `Bearer ${token}`) return [401]
    const since = new URL(url, "http://acme").searchParams.get("since") ?? ""
    const later = events.filter((event) => (event as { readonly at: string }).at > since)
    return [200, { "content-type": "application/json" }, JSON.stringify(later)]
  })

/** Code of that language in a text. */
const blockOf = (text: string, language: string): string => {
  const [, code] = new RegExp("```" + language + "\\n([\\s\\S]*?)```").exec(text) ?? []
  if (code === undefined) throw new Error(`no ${language} in ${text}`)
  return code
}

const isInForce = ({ undoneBy, cause }: any): boolean => undoneBy === null && cause.type !== "rollback"

/** The project as a user makes it, in which `npx openislands` finds the built program. */
const madeByUser = Effect.gen(function* () {
  const root = yield* temporaryProject({})
  mkdirSync(path.join(root, "node_modules/.bin"), { recursive: true })
  symlinkSync(inject("cli"), path.join(root, "node_modules/.bin/openislands"))
  assert.strictEqual((yield* openislands(["init"], { cwd: root })).code, 0)
  return root
})

it.live(
  "what .mcp.json starts serves an agent that takes the guide at its word, up to the undo of all that it did",
  () =>
    Effect.gen(function* () {
      const events = [1, 2, 3].map((n) => ({ id: `e${n}`, at: `2026-11-0${n}T08:00:00Z`, litres: n + 0.5 }))
      const { origin, asked } = yield* acme(events)
      const root = yield* madeByUser
      const { openislands: server } = JSON.parse(readFileSync(path.join(root, ".mcp.json"), "utf8")).mcpServers
      const env = { PATH: `${path.dirname(process.execPath)}:${process.env["PATH"]}`, HOME: root }
      const { client, call } = yield* mcpClient(root, { ...server, env })
      const heard: Array<string> = []
      const ask = (name: string, input?: Record<string, unknown>) =>
        Effect.tap(call(name, input), (answer) => Effect.sync(() => heard.push(JSON.stringify(answer))))
      const read = (uri: string) =>
        Effect.promise(() => client.readResource({ uri })).pipe(
          Effect.map(({ contents }) => (contents[0] as { readonly text: string }).text),
        )

      // It begins where the server tells it to, and finds nothing.
      const [, first = ""] = /Begin with (\w+)/.exec(client.getInstructions() ?? "") ?? []
      assert.deepEqual((yield* ask(first)).value, { connectors: [] })
      assert.strictEqual((yield* ask("query", { sql: "FROM acme_events" })).value["error"]._tag, "DatasetNotFound")

      // The guide has a connector and its entries, which it writes with the means that an agent has of its own.
      const guide = yield* read("openislands://guide")
      const code = blockOf(guide, "ts").replace("https://api.acme.dev", origin)
      mkdirSync(path.join(root, "connectors/acme"), { recursive: true })
      writeFileSync(path.join(root, "connectors/acme/index.ts"), code.replace("ctx.insert", "ctx.insret"))
      assert.include(yield* read("openislands://manifest"), '"connectors": {}')
      writeFileSync(path.join(root, "manifest.json"), blockOf(guide, "json"))
      const { value: report } = yield* ask("validate")
      assert.deepEqual([report["ok"], report["errors"]], [true, []])

      // What it lacks only a human has; the words for that say which file and which key.
      const lacking = yield* ask("list_connectors")
      const told = yield* ask("preview_sync", { name: "acme" })
      assert.strictEqual(told.value["error"]._tag, "MissingSecrets")
      assert.deepEqual(lacking.said, told.said)
      const [, key = "", file = ""] = /please add (\w+)=\.\.\. to the file (\S+) of/.exec(told.said.join()) ?? []
      assert.deepEqual([key, asked.length], ["ACME_API_TOKEN", 0])
      appendFileSync(path.join(root, file), `${key}=${token}\n`)
      assert.isTrue((yield* ask("list_connectors")).value["connectors"][0].connected)

      // Its own mistake is named at its place, and mended there.
      const { value: wrong } = yield* ask("preview_sync", { name: "acme" })
      assert.include(wrong["error"].message, "insret")
      const line = code.split("\n").findIndex((text) => text.includes("ctx.insert")) + 1
      assert.deepInclude(wrong["error"], { file: "connectors/acme/index.ts", line })
      writeFileSync(path.join(root, "connectors/acme/index.ts"), code)
      const { value: preview } = yield* ask("preview_sync", { name: "acme" })
      assert.deepInclude(preview["datasets"].acme_events, { inserted: 3, sample: events })
      assert.strictEqual((yield* ask("query", { sql: "FROM acme_events" })).value["error"]._tag, "DatasetUnsettled")

      const { value: run } = yield* ask("run_sync", { name: "acme" })
      assert.deepInclude(run, { outcome: "success" })
      events.push({ id: "e4", at: "2026-11-04T08:00:00Z", litres: 4.5 })
      const { value: next } = yield* ask("run_sync", { name: "acme" })
      assert.deepEqual(next["datasets"].acme_events.rows, 1)
      const sql = "SELECT count(*) AS n, sum(litres) AS litres FROM acme_events"
      assert.deepEqual((yield* ask("query", { sql })).value["rows"], [{ n: 4, litres: 12 }])
      const before = { sql, at: run["checkpoint_id"] }
      assert.deepEqual((yield* ask("query", before)).value["rows"], [{ n: 3, litres: 7.5 }])

      // The provider changes; both ways on are told, and who may go them.
      Object.assign(events, [...events, { id: "e5", at: "2026-11-05T08:00:00Z", litres: "much" }])
      const drifted = yield* ask("run_sync", { name: "acme" })
      assert.strictEqual(drifted.value["error"]._tag, "SchemaDrift")
      assert.include(drifted.said.join(), "is for the user to run.")

      // It undoes what it did, all of it.
      assert.deepEqual((yield* ask("rollback")).value["undone"], [next["checkpoint_id"]])
      assert.deepEqual((yield* ask("query", { sql })).value["rows"], [{ n: 3, litres: 7.5 }])
      yield* ask("rollback")
      const nothing = yield* ask("rollback")
      assert.strictEqual(nothing.value["error"]._tag, "NothingToUndo")
      heard.push(yield* read("openislands://connectors/acme/runs"))
      assert.deepEqual((yield* ask("list_checkpoints")).value["checkpoints"].filter(isInForce), [])
      assert.notInclude(heard.join("\n"), token)
    }),
)

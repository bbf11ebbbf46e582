import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { openislands } from "../fixtures/cli.ts"
import { mcpClient } from "../fixtures/mcpClient.ts"
import { provider } from "../fixtures/provider.ts"
import { temporaryProject } from "../fixtures/project.ts"

const token = "a-token-that-only-the-human-knows"

/** As an agent writes it who has read the guide, with a mistake in the manifest and one in the code. */
const connector = (
  origin: string,
): string => `import { defineConnector, responseError } from "@openislands/connector-kit"
import { z } from "zod"

export default defineConnector({
  description: "Events of ACME",
  config: z.object({ pageSize: z.number().int().positive().default(2) }),
  auth: { type: "bearer", data: { tokenEnv: "ACME_API_TOKEN" } },
  outputs: { events: { description: "appended by cursor" } },
  async sync(ctx) {
    let after = (ctx.state.after as number | undefined) ?? 0
    for (;;) {
      const response = await ctx.fetch(\`${origin}/events?after=\${after}&limit=\${ctx.config.pageSize}\`)
      if (!response.ok) throw await responseError(response)
      const rows = (await response.json()) as Array<{ id: number; what: string }>
      if (rows.length === 0) break
      await ctx.insert("events", rows)
      after = rows.at(-1)!.id
    }
    ctx.state.after = after
  },
})
`

const events = [1, 2, 3].map((id) => ({ id, what: `event ${id}` }))

const declared = (dataset: string) =>
  JSON.stringify({
    datasets: { acme_events: { source: "data/acme_events.csv" } },
    connectors: { acme: { module: "connectors/acme", datasets: { events: dataset } } },
  })

it.live("an agent brings a new provider's data into an empty project, with a human for what only humans may do", () =>
  Effect.gen(function* () {
    const acme = yield* provider(({ url, authorization }) => {
      if (authorization !== `Bearer ${token}`) return [401]
      const asked = new URL(url, "http://acme").searchParams
      const page = events.filter(({ id }) => id > Number(asked.get("after"))).slice(0, Number(asked.get("limit")))
      return [200, { "content-type": "application/json" }, JSON.stringify(page)]
    })
    const root = yield* temporaryProject({})
    yield* openislands(["init"], { cwd: root })
    const { client, call, strange } = yield* mcpClient(root)
    const write = (file: string, text: string): void => {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
      writeFileSync(path.join(root, file), text)
    }

    // What is there, and how is one written?
    assert.deepEqual((yield* call("list_connectors")).value["connectors"], [])
    const { messages } = yield* Effect.promise(() =>
      client.getPrompt({ name: "add_connector", arguments: { provider: "ACME" } }),
    )
    assert.include(JSON.stringify(messages), "openislands://guide")
    const { contents } = yield* Effect.promise(() => client.readResource({ uri: "openislands://guide" }))
    const guide = (contents[0] as { readonly text: string }).text
    for (const promised of ["defineConnector", "tokenEnv", "ctx.insert", "manifest.json", "preview_sync"]) {
      assert.include(guide, promised)
    }

    // A first try, and what validate says about it.
    write("connectors/acme/index.ts", connector(acme.origin).replace('from "zod"', 'from "zodd"'))
    write("manifest.json", declared("acme_event"))
    const first = yield* call("validate")
    assert.isFalse(first.value["ok"])
    const [mistake] = first.value["errors"]
    assert.deepInclude(mistake, { _tag: "UnknownDataset", file: "manifest.json", line: 1 })
    assert.match(
      `${mistake.message} ${mistake.suggestion}`,
      /Did you mean "acme_events"\?.*Correct it at manifest\.json/,
    )
    write("manifest.json", declared("acme_events"))
    const second = yield* call("validate")
    assert.isFalse(second.value["ok"])
    assert.deepInclude(second.value["errors"][0], { file: "connectors/acme/index.ts", line: 2 })
    write("connectors/acme/index.ts", connector(acme.origin))
    const third = yield* call("validate")
    assert.isTrue(third.value["ok"], JSON.stringify(third.value["errors"]))

    // What only the human has.
    const { connectors } = (yield* call("list_connectors")).value
    assert.deepInclude(connectors[0], { name: "acme", auth: "bearer", missingSecrets: ["ACME_API_TOKEN"] })
    const early = yield* call("run_sync", { name: "acme" })
    assert.strictEqual(early.value["error"]._tag, "MissingSecrets")
    assert.match(early.said.join(), /Say to the user: please add ACME_API_TOKEN=\.\.\. to the file \.env/)
    assert.deepEqual(acme.asked, [])
    appendFileSync(path.join(root, ".env"), "ACME_API_TOKEN=yesterday\n")
    const refused = yield* call("preview_sync", { name: "acme" })
    assert.match(refused.value["error"].suggestion, /check ACME_API_TOKEN in \.env/)
    assert.match(refused.said.join(), /Say to the user: the provider refuses ACME_API_TOKEN/)
    appendFileSync(path.join(root, ".env"), `ACME_API_TOKEN=${token}\n`)

    // Shown before it is done.
    const { value: shown } = yield* call("preview_sync", { name: "acme" })
    assert.strictEqual(shown["outcome"], "success", JSON.stringify(shown["error"]))
    assert.deepEqual(shown["datasets"].acme_events.sample, events)
    assert.deepEqual((yield* call("list_checkpoints")).value["checkpoints"], [])

    const { value: run } = yield* call("run_sync", { name: "acme" })
    assert.deepInclude(run, { outcome: "success", error: null })
    assert.strictEqual(run["datasets"].acme_events.rows, 3)
    const { value: columns } = yield* call("get_data_schema", { dataset: "acme_events" })
    assert.deepEqual(
      columns["columns"].map(({ name, type }: Record<string, string>) => `${name} ${type}`),
      ["id integer", "what string"],
    )
    const sql = "SELECT count(*) AS n, max(id) AS newest FROM acme_events"
    assert.deepEqual((yield* call("query", { sql })).value["rows"], [{ n: 3, newest: 3 }])
    // Nothing new: no rows, and no checkpoint.
    assert.deepInclude((yield* call("run_sync", { name: "acme" })).value, { outcome: "success", checkpoint_id: null })

    const { value: undone } = yield* call("rollback", { checkpoint_id: run["checkpoint_id"] })
    assert.deepEqual(undone["undone"], [run["checkpoint_id"]])
    const after = yield* call("query", { sql: "SELECT count(*) AS n FROM acme_events" })
    assert.notDeepEqual(after.value["rows"], [{ n: 3 }])
    // The cursor went back with the rows, so that nothing is missing.
    yield* call("run_sync", { name: "acme" })
    assert.strictEqual(
      readFileSync(path.join(root, "data/acme_events.csv"), "utf8"),
      "id,what\n1,event 1\n2,event 2\n3,event 3\n",
    )
    assert.deepEqual(strange, [])
  }),
)

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFile, writeFile } from "node:fs/promises"
import * as path from "node:path"
import type { ErrorDocument } from "../../src/services/domain/ErrorDocument.ts"
import { openislands } from "../fixtures/cli.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { provider } from "../fixtures/provider.ts"
import { projectOf, syncAt } from "../fixtures/syncing.ts"

/** A connector that pulls all pages of an API behind a bearer token. */
const pulling = (
  origin: string,
  more = "",
) => `import { byLink, defineConnector, paginate } from "@openislands/connector-kit"

export default defineConnector({
  description: "Pages",
  auth: { type: "bearer", data: { tokenEnv: "TOKEN" } },
  outputs: { rows: {} },
  async sync(ctx) {
    const rows = (body: Array<{ id: number }>) => body
    await ctx.insert("rows", paginate({ fetch: ctx.fetch, url: "${origin}/rows", rows, next: byLink() }))${more}
  },
})
`

const projectAt = (source: string) =>
  temporaryProject({
    "manifest.json": projectOf(["rows.csv"], { one: { datasets: { rows: "rows" } } }),
    "connectors/one/index.ts": source,
    ".env": "TOKEN=first-token\n",
  })

const rowsOf = (root: string) =>
  Effect.promise(() => readFile(path.join(root, "data/rows.csv"), "utf8").catch(() => ""))
const page = (id: number) => JSON.stringify([{ id }])

describe.concurrent("a connector and its provider", () => {
  it.live("all pages are pulled, with the token", () =>
    Effect.gen(function* () {
      const { origin, asked } = yield* provider(({ url }) => {
        const id = Number(new URL(url, "http://a").searchParams.get("page") ?? 1)
        return [200, id < 3 ? { link: `</rows?page=${id + 1}>; rel="next"` } : {}, page(id)]
      })
      const root = yield* projectAt(pulling(origin))
      const { run } = yield* syncAt(root)
      assert.deepInclude(run, { outcome: "success", error: null })
      assert.strictEqual(yield* rowsOf(root), "id\n1\n2\n3\n")
      assert.deepEqual(
        asked.map(({ url, authorization }) => `${url} ${authorization}`),
        ["/rows", "/rows?page=2", "/rows?page=3"].map((url) => `${url} Bearer first-token`),
      )
    }),
  )

  it.live(
    "a provider that is busy is asked again, first by ctx.fetch and then by the whole sync, in a new transaction",
    () =>
      Effect.gen(function* () {
        const { origin, asked } = yield* provider(({ url }, number) =>
          url.startsWith("/later") && number < 7 ? [503, {}, "busy with first-token"] : [200, {}, page(1)],
        )
        const root = yield* projectAt(pulling(origin, `\n    await ctx.fetch("${origin}/later?key=secret")`))
        const { code, stderr } = yield* openislands(["sync"], { cwd: root })
        assert.strictEqual(code, 0)
        // Each try of the sync, and what ails a request once, as soon as that is known.
        const why = String.raw`GET http://127\.0\.0\.1:\d+/later\?key=\.\.\. answered 503`
        assert.match(
          stderr.replaceAll(/^one \.\.\..*\n/gm, ""),
          new RegExp(
            `^one  ${why}: asked again in [\\d.]+ s\none  try 2 of 4 in [\\d.]+ s: connector "one" failed: ${why}.*\n$`,
          ),
        )
        // The rows of the first try are not there twice.
        assert.strictEqual(yield* rowsOf(root), "id\n1\n")
        assert.deepEqual(
          asked.map(({ url }) => url.slice(0, 6)),
          ["/rows", "/later", "/later", "/later", "/later", "/rows", "/later"].map((url) => url.slice(0, 6)),
        )
        const { stdout } = yield* openislands(["logs", "one"], { cwd: root })
        assert.match(stdout, /GET http:\/\/\S+\/later\?key=\.\.\. answered 503: asked again in [\d.]+ s \(2 of 4\)/)
        assert.match(stdout, /try 2 of 4 in [\d.]+ s: connector "one" failed: GET \S+ answered 503 \(tried 4 times\)/)
        assert.notMatch(stdout, /first-token|key=secret/)
      }),
  )

  it.live("one that wants to be left alone for hours is: the error says until when", () =>
    Effect.gen(function* () {
      const { origin, asked } = yield* provider(() => [429, { "retry-after": "7200" }])
      const root = yield* projectAt(pulling(origin))
      const { code, run } = yield* syncAt(root)
      const { _tag, suggestion, ...facts } = run.error as unknown as ErrorDocument
      assert.deepInclude({ code, _tag, outcome: run.outcome }, { code: 1, _tag: "RetryLater", outcome: "failure" })
      const until = Date.parse((facts as unknown as { readonly retryAt: string }).retryAt)
      assert.closeTo(until, Date.parse(run.startedAt) + 7_200_000, 60_000)
      assert.match(
        suggestion ?? "",
        /^Nothing was written\. The provider wants to be left alone until 2\S+Z: sync again then\./,
      )
      assert.lengthOf(asked, 1)
      assert.strictEqual(yield* rowsOf(root), "")
    }),
  )

  it.live("what refuses the token is told with the key that has it, and nothing of signing in", () =>
    Effect.gen(function* () {
      const { origin } = yield* provider(() => [401, {}, "who are you?"])
      const root = yield* projectAt(pulling(origin))
      const next =
        "Nothing was written. The provider doesn't let it in: check TOKEN in .env, and what it may be used for."
      for (const command of ["sync", "status", "preview"]) {
        const { stdout } = yield* openislands([command], { cwd: root })
        assert.include(stdout, next)
        assert.notMatch(stdout, /Connect\b|first-token/)
      }
    }),
  )

  it.live("a token that was replaced in .env meanwhile is taken up", () =>
    Effect.gen(function* () {
      const env = { file: "" }
      const { origin, asked } = yield* provider(({ authorization }) => {
        if (authorization === "Bearer second-token") return [200, {}, page(1)]
        return async (_, response) => {
          await writeFile(env.file, "TOKEN=second-token\n")
          response.writeHead(401).end("expired")
        }
      })
      const root = yield* projectAt(pulling(origin))
      env.file = path.join(root, ".env")
      const { run } = yield* syncAt(root)
      assert.deepInclude(run, { outcome: "success", error: null })
      assert.lengthOf(asked, 2)
      assert.strictEqual(yield* rowsOf(root), "id\n1\n")
    }),
  )
})

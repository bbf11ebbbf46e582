import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import type { Page } from "playwright-core"
import { authorizationServer, client } from "../fixtures/authorizationServer.ts"
import { browser, openPage } from "../fixtures/browser.ts"
import { openislands } from "../fixtures/cli.ts"
import { see } from "../fixtures/dashboard.ts"
import { request } from "../fixtures/http.ts"
import { kitImport, manifest } from "../fixtures/journey.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { freePort } from "../fixtures/served.ts"
import { servingAt } from "../fixtures/serving.ts"

const acme = (issuer: string): string => `${kitImport}
export default defineConnector({
  description: "Rows of an API that a human has to let us see",
  auth: { type: "oauth2", data: {
    issuer: "${issuer}", scopes: ["openid", "offline_access", "read"], authorizeParams: { prompt: "consent" },
    clientIdEnv: "ACME_CLIENT_ID", clientSecretEnv: "ACME_CLIENT_SECRET",
  } },
  outputs: { rows: {} },
  async sync(ctx) {
    const response = await ctx.fetch("${issuer}/api/rows")
    if (!response.ok) throw new Error("the API answered " + response.status)
    await ctx.insert("rows", await response.json())
  },
})
`

/** The built program serving a project whose connector signs in at a certified server, and a browser at its page. */
const scene = Effect.fnUntraced(function* (options: { readonly accessToken?: number } = {}) {
  const port = yield* freePort
  const redirectUri = `http://127.0.0.1:${port}/api/connectors/acme/auth/callback`
  const server = yield* authorizationServer({ redirectUris: [redirectUri], ...options })
  const root = yield* temporaryProject({
    "manifest.json": manifest({ acme: {} }),
    "connectors/acme/index.ts": acme(server.issuer),
    ".env": `ACME_CLIENT_ID=${client.id}\nACME_CLIENT_SECRET=${client.secret}\n`,
  })
  const { origin } = yield* servingAt(port, root)
  const chromium = yield* browser
  const context = yield* Effect.promise(() => chromium.newContext())
  const { page, violations } = yield* openPage(context)
  yield* Effect.promise(() => page.goto(origin))
  const tokens = path.join(root, ".openislands/connectors/acme.json")
  const status = Effect.map(request(origin, "/api/connectors/acme"), ({ json }) => json)
  return { origin, root, server, page, context, violations, tokens, status, redirectUri }
})

const click = (page: Page, name: string) =>
  Effect.promise(() => page.getByRole("button", { name, exact: true }).first().click())

/** The provider's own pages: who are you, and may they? */
const consent = (page: Page) =>
  Effect.promise(async () => {
    await page.locator("input[name=login]").fill("a human")
    await page.locator("input[name=password]").fill("whatever")
    await page.locator("button[type=submit]").click()
    await page.getByRole("button", { name: "Continue" }).click()
  })

const textOf = (page: Page) => Effect.promise(async () => (await page.locator("body").textContent()) ?? "")

const connect = Effect.fnUntraced(function* (page: Page) {
  yield* click(page, "Connect")
  yield* consent(page)
  yield* Effect.promise(() => page.waitForURL(/\/auth\/callback|\/$|#/))
})

const rows = (root: string): ReadonlyArray<string> => readFileSync(path.join(root, "data/acme.csv"), "utf8").split("\n")

describe("a human in a browser", () => {
  it.live("a sync before anybody has signed in fails, and the page says to click what is on it", () =>
    Effect.gen(function* () {
      const { page, origin, root, violations } = yield* scene()
      const { stdout } = yield* openislands(["sync", "acme"], { cwd: root })
      assert.include(stdout, "open the dashboard and click Connect")
      yield* Effect.promise(() => page.goto(`${origin}/#/connectors/acme`))
      yield* see(page, 'Click Connect on "acme" to sign in.')
      assert.notInclude(yield* Effect.promise(() => page.innerText("body")), "open the dashboard")
      assert.deepEqual(violations, [])
    }),
  )

  it.live(
    "connects, syncs, syncs again when the token has ended, and disconnects",
    () =>
      Effect.gen(function* () {
        const { page, origin, root, server, status, tokens, violations } = yield* scene({ accessToken: 30 })
        assert.isFalse((yield* status).connected)
        yield* connect(page)
        assert.isTrue((yield* status).connected)
        const first = JSON.parse(readFileSync(tokens, "utf8"))

        for (const count of [1, 2]) {
          yield* Effect.promise(() => page.goto(origin))
          yield* click(page, "Sync now")
          yield* Effect.promise(() => page.waitForTimeout(200)).pipe(
            Effect.repeat({
              until: () => existsSync(path.join(root, "data/acme.csv")) && rows(root).length > count + 1,
            }),
            Effect.timeout("20 seconds"),
          )
        }
        assert.deepEqual(rows(root).slice(0, 3), ["id,value", "1,row 1", "2,row 2"])
        // It lasts less than a minute, so each sync got a new one first; refresh tokens are good for once.
        const last = JSON.parse(readFileSync(tokens, "utf8"))
        assert.notStrictEqual(last.accessToken, first.accessToken)
        assert.notStrictEqual(last.refreshToken, first.refreshToken)
        assert.strictEqual(server.served.refused, 0)

        // What a sync failed for is no longer what keeps it from running once it is signed out.
        writeFileSync(
          path.join(root, "connectors/acme/index.ts"),
          acme(server.issuer).replace("async sync(ctx) {", '$& throw new Error("the API is down")'),
        )
        yield* Effect.promise(() => page.goto(origin))
        yield* click(page, "Sync now")
        const failure = page.getByText("the API is down").and(page.locator(".problem-message"))
        yield* Effect.promise(() => failure.waitFor())
        yield* click(page, "Disconnect")
        yield* Effect.promise(() => page.getByRole("button", { name: "Connect", exact: true }).waitFor())
        yield* Effect.promise(() => page.getByText("A human has to sign in: click Connect.").waitFor())
        assert.strictEqual(yield* Effect.promise(() => failure.count()), 0)
        assert.isFalse(existsSync(tokens))
        assert.isFalse((yield* status).connected)
        // Taken back at the provider's as well.
        const headers = { authorization: `Bearer ${last.accessToken}` }
        assert.strictEqual((yield* Effect.promise(() => fetch(server.rowsUrl, { headers }))).status, 401)
        assert.deepEqual(violations, [])
      }),
    120_000,
  )

  it.live(
    "who says no is told so, nothing changes, and it can be tried again; who clicks at another address is told where",
    () =>
      Effect.gen(function* () {
        const { page, origin, status, tokens } = yield* scene()
        yield* Effect.promise(() => page.goto(origin.replace("127.0.0.1", "localhost")))
        yield* click(page, "Connect")
        yield* Effect.promise(() => page.getByText(`Open ${origin} and click Connect there`).waitFor())
        yield* Effect.promise(() => page.goto(origin))
        yield* click(page, "Connect")
        yield* Effect.promise(() => page.getByRole("link", { name: /cancel/i }).click())
        yield* Effect.promise(() => page.waitForURL(/\/auth\/callback/))
        assert.match(yield* textOf(page), /refused the sign-in: access_denied/)
        assert.isFalse((yield* status).connected)
        assert.isFalse(existsSync(tokens))
        // Back where it can be tried again.
        yield* Effect.promise(() => page.getByRole("link", { name: 'Back to connector "acme"' }).click())
        yield* Effect.promise(() => page.getByRole("heading", { name: "acme", level: 1 }).waitFor())
        yield* connect(page)
        assert.isTrue((yield* status).connected)
      }),
    120_000,
  )

  it.live(
    "who opens the callback again, in another browser, or with another state, changes nothing",
    () =>
      Effect.gen(function* () {
        const { page, origin, server, status, tokens, context } = yield* scene()
        // Begun in one browser, and agreed to in another: somebody would be signed in to an account that isn't theirs.
        const { authorizeUrl } = yield* Effect.promise(() =>
          page.evaluate(async () => {
            const response = await fetch("/api/connectors/acme/auth/start", { method: "POST" })
            return (await response.json()) as { readonly authorizeUrl: string }
          }),
        )
        const elsewhere = yield* Effect.promise(async () => (await context.browser()!.newContext()).newPage())
        yield* Effect.promise(() => elsewhere.goto(authorizeUrl))
        yield* consent(elsewhere)
        yield* Effect.promise(() => elsewhere.waitForURL(/\/auth\/callback/))
        const url = elsewhere.url()
        assert.match(yield* textOf(elsewhere), /another browser/)
        assert.isFalse(existsSync(tokens))

        // The right browser still can.
        yield* Effect.promise(() => page.goto(url))
        assert.isTrue((yield* status).connected)
        const before = readFileSync(tokens, "utf8")
        yield* Effect.promise(() => page.goto(url))
        assert.match(yield* textOf(page), /not started here|used already/)
        yield* Effect.promise(() => page.goto(url.replace(/state=[^&]*/, "state=made-up")))
        assert.strictEqual(readFileSync(tokens, "utf8"), before)

        // A page of somebody else's cannot begin one.
        yield* Effect.promise(() => page.goto(`${server.issuer}/.well-known/openid-configuration`))
        const attempted = yield* Effect.promise(() =>
          page.evaluate(async (target) => {
            try {
              return (await fetch(target, { method: "POST", credentials: "include" })).status
            } catch {
              return "refused"
            }
          }, `${origin}/api/connectors/acme/auth/start`),
        )
        assert.strictEqual(attempted, "refused")
        assert.strictEqual(readFileSync(tokens, "utf8"), before)
      }),
    120_000,
  )
})

import { type Paging, pagingTexts } from "./paging.ts"

export const authTypes = ["none", "key", "bearer", "oauth2"] as const
export type AuthType = (typeof authTypes)[number]

/** The `.env` keys that a new connector asks for: `my-bank` -> `MY_BANK_API_TOKEN`. */
export const keysOf = (name: string, auth: AuthType): ReadonlyArray<string> => {
  const upper = name.toUpperCase().replaceAll("-", "_")
  // A shell takes no variable that begins with a digit.
  const prefix = /^\d/.test(upper) ? `_${upper}` : upper
  const suffixes = { none: [], key: ["API_KEY"], bearer: ["API_TOKEN"], oauth2: ["CLIENT_ID", "CLIENT_SECRET"] }
  return suffixes[auth].map((suffix) => `${prefix}_${suffix}`)
}

/** The one output of a new connector. */
export const output = "items"

/** What a new connector consists of, by file name. */
export const connectorFiles = (
  name: string,
  auth: AuthType,
  paging: Paging,
): ReadonlyArray<readonly [file: string, text: string]> => [
  ["index.ts", codeOf(name, auth, paging)],
  ["index.test.ts", testOf(name, auth, paging)],
]

const codeOf = (name: string, auth: AuthType, paging: Paging): string => {
  const { helper, next, firstPage, member } = pagingTexts[paging]
  const helpers = [...(helper === null ? [] : [helper]), "defineConnector", "pages"].join(", ")
  return `import { ${helpers} } from "@openislands/connector-kit"
import { z } from "zod"

// Replace this with your provider's. (The test beside it answers for it, wherever it is.)
export const url = "https://api.example.com/items"

/** A row: its columns and their types. What the provider sends besides is left out. */
const item = z.object({
  id: z.string(),
  name: z.string().nullable(),
  updated_at: z.string(),
})

/** A page of the provider's answer. */
interface Page {
  items: Array<z.input<typeof item>>
${member}}

export default defineConnector({
  description: "Reads ${name}",
  // What "config" in manifest.json may say.
  config: z.object({
    since: z.iso.date().default("2020-01-01").describe("How far back the first sync goes"),
  }),
${authOf(name, auth)}  outputs: {
    ${output}: { description: "one row an item, the newest of each id", key: "id", schema: item },
  },
  async sync(ctx) {
    // Where the last sync ended. An undo takes it back together with the rows.
    const since = (ctx.state.since as string | undefined) ?? ctx.config.since
    let newest = since
    const all = pages({
      fetch: ctx.fetch,
      url: \`\${url}?updated_since=\${encodeURIComponent(since)}${firstPage}\`,
${initOf(name, auth)}      rows: (page: Page) => page.items,
      next: ${next},
    })
    for await (const { rows } of all) {
      await ctx.upsert("${output}", rows)
      for (const { updated_at } of rows) if (updated_at > newest) newest = updated_at
      ctx.log(\`\${rows.length} items\`)
    }
    ctx.state.since = newest
  },
})
`
}

const authOf = (name: string, auth: AuthType): string => {
  const [first, second] = keysOf(name, auth)
  switch (auth) {
    case "none":
      return ""
    case "key":
      return `  // Keys of .env, which are ctx.secrets.… below.
  secrets: ["${first}"],\n`
    case "bearer":
      return `  // ctx.fetch sends it as "Authorization: Bearer ...".
  auth: { type: "bearer", data: { tokenEnv: "${first}" } },\n`
    case "oauth2":
      return `  // Replace these with your provider's. ctx.fetch sends the access token, and renews it when it has run out.
  auth: {
    type: "oauth2",
    data: {
      authorizeUrl: "https://api.example.com/oauth/authorize",
      tokenUrl: "https://api.example.com/oauth/token",
      scopes: ["read"],
      clientIdEnv: "${first}",
      clientSecretEnv: "${second}",
    },
  },\n`
  }
}

/** How a key is sent, which each provider names in its own way. */
const initOf = (name: string, auth: AuthType): string =>
  auth === "key" ? `      init: { headers: { "x-api-key": ctx.secrets.${keysOf(name, auth)[0]} } },\n` : ""

const credentialsOf = (name: string, auth: AuthType): string => {
  if (auth === "none") return ""
  return auth === "key"
    ? `\n    secrets: { ${keysOf(name, auth)[0]}: "a key" },`
    : `\n    tokens: { accessToken: "a token" },`
}

const testOf = (name: string, auth: AuthType, paging: Paging): string => {
  const answers = pagingTexts[paging].pages.map(({ query, items, more = "", headers }) => {
    const body = `{ items: [${items}]${more} }`
    const answer =
      headers === undefined ? `{ body: ${body} }` : `{\n        headers: ${headers},\n        body: ${body},\n      }`
    return `      [\`GET \${url}?updated_since=2026-01-01${query}\`]: ${answer},`
  })
  return `import { testConnector } from "@openislands/connector-kit/testing"
import assert from "node:assert/strict"
import { test } from "node:test"
import connector, { url } from "./index.ts"

// Run it with: openislands test. No provider is asked, and nothing is written.
test("takes ${paging === "none" ? "what is new" : "every page"}, and goes on from the newest item", async () => {
  const first = { id: "1", name: "one", updated_at: "2026-01-02" }
  const second = { id: "2", name: null, updated_at: "2026-01-03" }
  const { error, rows, state } = await testConnector(connector, {
    state: { since: "2026-01-01" },${credentialsOf(name, auth)}
    // What the provider answers to each request: change it together with "next" in index.ts.
    fetch: {
${answers.join("\n")}
    },
  })
  assert.ifError(error)
  assert.deepEqual(rows.${output}, [first, second])
  assert.deepEqual(state, { since: "2026-01-03" })
})
`
}

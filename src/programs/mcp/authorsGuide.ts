/** What an agent needs to know before it writes or repairs a connector. */
export const authorsGuide = `# Writing a connector

A connector is a directory under connectors/ with an index.ts that default-exports defineConnector({ ... }) from
@openislands/connector-kit. Only that package, zod, the project's own files and harmless Node builtins can be imported;
the code runs in a process of its own without environment, files or child processes. "openislands new <name>" (with
--auth key, bearer or oauth2, and --paging page, link or none where no cursor leads to the next page) writes one with its test
and its entries in manifest.json, to begin with. The types of the kit
and of zod are in .openislands/types, where editors and tsc find them without npm install.

\`\`\`ts
import { defineConnector, responseError } from "@openislands/connector-kit"
import { z } from "zod"

export default defineConnector({
  description: "Events of ACME",
  config: z.object({ lookbackDays: z.number().int().positive().default(30) }),
  schedule: "6h",
  auth: { type: "bearer", data: { tokenEnv: "ACME_API_TOKEN" } },
  outputs: { events: { description: "appended by cursor" } },
  async sync(ctx) {
    const since = (ctx.state.cursor as string | undefined) ?? "1970-01-01T00:00:00Z"
    const response = await ctx.fetch(\`https://api.acme.dev/events?since=\${since}\`)
    if (!response.ok) throw await responseError(response)
    const rows = (await response.json()) as Array<{ id: string; happened_at: string }>
    await ctx.insert("events", rows)
    ctx.state.cursor = rows.at(-1)?.happened_at ?? since
  },
})
\`\`\`

- ctx.insert(output, rows) appends: for records that never change. Advance a cursor in ctx.state.
- ctx.replace(output, rows) makes these rows the whole dataset: for records that the provider revises.
- ctx.upsert(output, rows) puts each row in the place of the one with the same key: for records that come again or change,
  so that fetching the last days once more is harmless. Its output names the key: events: { key: "id" }.
- A zod "schema" of an output, events: { schema: z.object({ ... }) }, checks every row and names what doesn't fit.
- rows may be an array, an iterable or an async iterable; with an async generator memory stays bounded.
- ctx.state is kept only when the sync succeeds, together with the rows. ctx.log(text) writes to the run's log.
- ctx.fetch adds the access token, tries again on 429, 5xx and network errors, and renews the token on a 401.
- Pages: paginate({ fetch: ctx.fetch, url, rows: (body) => body.items, next: byCursor("cursor", (body) => body.next) }),
  gives the rows of all pages to ctx.insert or its like. The other ways to the next page: byPage("page")
  counts pages from 1 (byPage("page", { first: 0 }) from 0) and byOffset("offset") rows, each until a page has none and
  beginning with url as it is; byLink() follows a Link header, byUrl((body) => body.next_url) a whole URL;
  byCursorInBody("after", (body) => body.after) puts the cursor into the JSON body of a POST; or a function of your own.
  Headers, a method and a body stand in init: { method: "POST", headers: { "content-type": "application/json" },
  body: JSON.stringify({ after: null }), idempotent: true }. Only GET, and what says idempotent, is tried again.
- A text in a form of its own ("12.50 EUR") is read by a .transform of the schema: z.string().transform((text) => ...).
- An answer that isn't ok: throw await responseError(response), which says what was asked and answered, and is tried again
  where that may help.
- Names of columns that are words of SQL (at, end, order, group) have to stand in double quotes in each query: choose others.
- A provider where the user signs in: auth: { type: "oauth2", data: { authorizeUrl, tokenUrl, scopes, clientIdEnv,
  clientSecretEnv } }; the last two name keys of .env. ctx.fetch sends the token. Only the user can sign in.
- A plain API key is named in "secrets" and arrives as ctx.secrets.NAME. Its value is the user's to write into .env: never
  ask for it, and never write it into code or the manifest.

Declare it in manifest.json:

\`\`\`json
{
  "connectors": {
    "acme": { "module": "connectors/acme", "datasets": { "events": "acme_events" }, "config": {} }
  },
  "datasets": { "acme_events": { "source": "data/acme_events.csv" } }
}
\`\`\`

A dataset's source is a .csv, .json, .jsonl or .parquet file, or with "table" a table of a .db file. Its columns are
settled by its first rows. "permissions": { "net": ["api.acme.dev"] } in the connector's entry lets it reach no other host (with a port,
"localhost:8080", no other port), and { "read": ["exports"] } lets it read these files and import fs. Both are the user's
fence: ask before you widen it.

A test needs no provider and no network: testConnector runs sync with the ctx of the runtime. It is run with
"openislands test <name>"; nothing has to be installed.

\`\`\`ts
import { testConnector } from "@openislands/connector-kit/testing"
import assert from "node:assert/strict"
import { test } from "node:test"
import acme from "./index.ts"

test("appends what is new", async () => {
  const event = { id: "e1", happened_at: "2026-01-01T08:00:00Z" }
  const { rows, state, error } = await testConnector(acme, {
    tokens: { accessToken: "a token" },
    fetch: { "GET https://api.acme.dev/events": { body: [event] } },
  })
  assert.equal(error, undefined)
  assert.deepEqual(rows.events, [event])
  assert.equal(state.cursor, event.happened_at)
})
\`\`\`

Then: validate (repeat until ok), preview_sync (shows what would be written, and writes nothing), run_sync, query.

A view over datasets is a dataset too: "busy_days": { "sql": "sql/busy_days.sql" }, a file with one SELECT of DuckDB's SQL.
What the user writes by hand is an action: "actions": { "note": { "dataset": "notes", "mode": "insert" } }; the other modes
are replace, update and delete.

# Repairing one

1. list_connectors: loadError, missingSecrets, connected, lastError.
2. get_run of the newest failing run of list_runs: the error's place (file:line) and the log.
3. Fix the file that the error names; validate; preview_sync; run_sync.
4. SchemaDrift: the provider changed its columns. Ask the user: settle the new type, set "onDrift": "evolve" on the
   dataset, or keep the old shape in the connector's code.
`

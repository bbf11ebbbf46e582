/** What an agent needs to know before it writes or repairs a connector. */
export const authorsGuide = `# Writing a connector

A connector is a directory under connectors/ with an index.ts that default-exports defineConnector({ ... }) from
@openislands/connector-kit. Only that package, zod, the project's own files and harmless Node builtins can be imported;
the code runs in a process of its own without environment, files or child processes.

\`\`\`ts
import { defineConnector } from "@openislands/connector-kit"
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
    if (!response.ok) throw new Error(\`the API answered \${response.status}\`)
    const rows = (await response.json()) as Array<{ id: string; at: string }>
    await ctx.insert("events", rows)
    ctx.state.cursor = rows.at(-1)?.at ?? since
  },
})
\`\`\`

- ctx.insert(output, rows) appends: for records that never change. Advance a cursor in ctx.state.
- ctx.replace(output, rows) makes these rows the whole dataset: for records that the provider revises.
- ctx.upsert(output, rows) merges by the output's "key".
- rows may be an array, an iterable or an async iterable; with an async generator memory stays bounded.
- ctx.state is kept only when the sync succeeds, together with the rows. ctx.log(text) writes to the run's log.
- ctx.fetch adds the access token, tries again on 429, 5xx and network errors, and renews the token on a 401.
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

Then: validate (repeat until ok), preview_sync (shows what would be written, and writes nothing), run_sync, query.

# Repairing one

1. list_connectors: loadError, missingSecrets, connected, lastError.
2. get_run of the newest failing run of list_runs: the error's place (file:line) and the log.
3. Fix the file that the error names; validate; preview_sync; run_sync.
4. SchemaDrift: the provider changed its columns. Ask the user: settle the new type, set "onDrift": "evolve" on the
   dataset, or keep the old shape in the connector's code.
`

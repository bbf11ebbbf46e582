import kit from "../../../kit/package.json" with { type: "json" }
import { copy } from "../../../layers/ManifestSchema.ts"
import { gitignoreOf } from "./gitignoreText.ts"
import { mcpConfig, mcpConfigText, ofThisMachine } from "./mcpConfig.ts"
import own from "../../../../package.json" with { type: "json" }

/** Its path in the project; a copy says when it was written, as a connector that waits for files to rest goes by that. */
export type ProjectFile = readonly [path: string, content: string | Uint8Array, written?: Date]

/** What a new project holds. The manifest is last: a directory that has one is a project, and then a whole one. */
export const filesOf = (directory: string): ReadonlyArray<ProjectFile> => [
  [
    "package.json",
    `${JSON.stringify(
      {
        private: true,
        type: "module",
        devDependencies: { zod: `^${own.dependencies.zod}` },
        // Where no registry has the kit, an install goes on without: types are here anyway.
        optionalDependencies: { [kit.name]: `^${kit.version}` },
      },
      null,
      2,
    )}
`,
  ],
  [
    "tsconfig.json",
    `{
  // For editors and "tsc". The runtime bundles connectors by itself and reads nothing of this.
  "compilerOptions": {
    "target": "ES2024",
    "lib": ["ES2024", "DOM", "DOM.Iterable"],
    "types": [],
    "module": "esnext",
    "moduleResolution": "bundler",
    "jsx": "react-jsx",
    "strict": true,
    "noEmit": true,
    "isolatedModules": true,
    "allowImportingTsExtensions": true,
    "resolveJsonModule": true,
    "skipLibCheck": true,
    // What "npm install" brought, else the copies that openislands keeps.
    "paths": {
${["@openislands/connector-kit", "@openislands/connector-kit/*", "zod", "zod/*"]
  .map((name) => `      "${name}": ["./node_modules/${name}", "./.openislands/types/${name}"]`)
  .join(",\n")},
      // What connectors and their tests need of Node, until "types" names @types/node.
      "node:test": ["./.openislands/types/node/test"],
      "node:assert/strict": ["./.openislands/types/node/assert"],
      "node:crypto": ["./.openislands/types/node/crypto"],
      "node:fs": ["./.openislands/types/node/fs"],
      "node:fs/promises": ["./.openislands/types/node/fs-promises"],
      "node:os": ["./.openislands/types/node/os"],
      "node:path": ["./.openislands/types/node/path"]
    }
  },
  "include": ["connectors", "components/custom"],
  // Lets "tsc" be content with a project that has no connector yet.
  "references": []
}
`,
  ],
  [".gitignore", gitignoreOf(...ofThisMachine(directory))],
  [
    ".env.example",
    `# Copy this file to .env and fill in what your connectors ask for ("openislands status" names what is missing).
# .env stays on this machine; this file is for everyone who checks the project out.
#
# WEATHER_API_KEY=
`,
  ],
  [mcpConfig, mcpConfigText(directory)],
  [
    "connectors/README.md",
    `# Connectors

Each directory here is a connector: its \`index.ts\` default-exports \`defineConnector({ ... })\`.

    openislands new <name>        writes one, with its test, and declares it in manifest.json
    openislands preview <name>    runs it and shows what a sync would do; nothing is written
    openislands sync <name>       lets it happen; "openislands rollback" takes it back

\`\`\`ts
import { defineConnector, responseError } from "@openislands/connector-kit"

export default defineConnector({
  description: "Reads a service behind a static API token",
  auth: { type: "bearer", data: { tokenEnv: "ACME_API_TOKEN" } },
  outputs: { events: { description: "the newest of each id", key: "id" } },
  async sync(ctx) {
    const response = await ctx.fetch("https://api.acme.dev/events")
    if (!response.ok) throw await responseError(response)
    await ctx.upsert("events", await response.json())
  },
})
\`\`\`

To use one that somebody else wrote: put its directory here, declare it under \`connectors\` in \`manifest.json\`, and set
its secrets in \`.env\`.
`,
  ],
  [
    "manifest.json",
    `{
  "$schema": "./${copy}",
  // Comments and trailing commas are fine here. "openislands validate" checks this file.
  //
  // A dataset is a file of yours that connectors write:  "sleep": { "source": "data/sleep.csv" }
  // (or .json, .jsonl, .parquet), or a table in one:     "walks": { "source": "data/my.db", "table": "walks" }
  // A connector fills datasets, output by output:        "whoop": { "module": "connectors/whoop", "datasets": { "sleep": "sleep" } }
  "datasets": {},
  "connectors": {}
}
`,
  ],
]

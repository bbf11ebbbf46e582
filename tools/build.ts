import { build, type Plugin } from "esbuild"
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { chmodSync, cpSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { guestBuild } from "../src/layers/host/guestProgram.ts"
import { buildWeb } from "./buildWeb.ts"
import { noticesOf } from "./notices.ts"

/** `npm run build`: the programs, the guest and the kit, into dist/ or the directory given. */
const root = path.join(import.meta.dirname, "..")
process.chdir(root)
const dist = process.argv[2] ?? "dist"

/** Names this build: what connectors are cached under changes with anything that could change them. */
const digest = (): string => {
  const hash = createHash("sha256")
  for (const file of [...globSync("src/**/*.ts"), "package-lock.json"].toSorted())
    hash.update(file).update(readFileSync(file))
  return hash.digest("hex").slice(0, 16)
}

const entry = (name: string) => ({ types: `./${name}.d.ts`, default: `./${name}.js` })

/** What npm packs of the kit: dist/kit, where the sources' package.json names built files instead. */
const publishedKit = (): string => {
  // Only what is built may be published: Node strips no types inside of node_modules.
  const { private: _, ...kit } = JSON.parse(readFileSync("src/kit/package.json", "utf8"))
  const exports = { ".": entry("index"), "./testing": entry("testing") }
  return `${JSON.stringify({ ...kit, types: "./index.d.ts", exports }, null, 2)}\n`
}

const node = {
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node24",
  logLevel: "warning",
  metafile: true,
} as const
// CommonJS dependencies inside an ESM bundle ask for it.
const requireBanner = 'import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);'

/** What the bin loads when it needs it: files of the build that are beside it there. */
const laterFiles: Plugin = {
  name: "later files",
  setup: ({ onResolve }) =>
    onResolve({ filter: /\.ts$/ }, ({ path: file, kind }) =>
      kind === "dynamic-import" ? { path: `./${path.basename(file, ".ts")}.mjs`, external: true } : null,
    ),
}

rmSync(dist, { recursive: true, force: true })
const built = await Promise.all([
  build({
    ...node,
    entryPoints: { cli: "src/programs/cli.ts", launch: "src/programs/mcp/launch.ts" },
    outdir: dist,
    outExtension: { ".js": ".mjs" },
    chunkNames: "chunk-[hash]",
    splitting: true,
    minify: true,
    external: ["esbuild", "@duckdb/node-api"],
    // jsonc-parser's CommonJS form requires its parts by name at run time.
    mainFields: ["module", "main"],
    define: { OPENISLANDS_BUILD: JSON.stringify(digest()) },
    banner: { js: requireBanner },
  }),
  build({
    ...node,
    // The first file runs on any Node that knows modules, to say that it needs a newer one.
    target: "node14",
    entryPoints: ["src/programs/bin.ts"],
    outfile: `${dist}/bin.mjs`,
    plugins: [laterFiles],
    banner: { js: "#!/usr/bin/env node" },
  }),
  build({
    ...node,
    entryPoints: ["src/programs/demo.ts"],
    outfile: `${dist}/demo.mjs`,
    minify: true,
    // oidc-provider goes by the names of its classes.
    keepNames: true,
    banner: { js: requireBanner },
  }),
  build({
    ...node,
    entryPoints: ["src/layers/query/child.ts"],
    outfile: `${dist}/query.mjs`,
    minify: true,
    external: ["@duckdb/node-api"],
    banner: { js: requireBanner },
  }),
  build({ ...node, entryPoints: ["src/layers/testing/ownCopies.ts"], outfile: `${dist}/ownCopies.mjs`, minify: true }),
  buildWeb(`${dist}/web/app`).then((metafile) => ({ metafile })),
  build({ ...guestBuild, metafile: true, outfile: `${dist}/guest.mjs`, minifySyntax: true }),
  build({ ...node, entryPoints: ["src/kit/index.ts"], outfile: `${dist}/kit/index.js` }),
  // The guest's own code, for an author's tests: any of their test runners, on any Node that they have.
  build({
    ...node,
    target: "node20",
    entryPoints: ["src/layers/testing/testConnector.ts"],
    outfile: `${dist}/kit/testing.js`,
  }),
])
chmodSync(`${dist}/bin.mjs`, 0o755)
cpSync("src/programs/dashboard/web", `${dist}/web`, { recursive: true })
const tsc = ["node_modules/typescript/bin/tsc", "-p", "src/kit/tsconfig.build.json", "--outDir", `${dist}/kit`]
execFileSync(process.execPath, tsc, { stdio: "inherit" })
writeFileSync(`${dist}/kit/package.json`, publishedKit())
for (const file of ["LICENSE", "src/kit/README.md"]) cpSync(file, path.join(dist, "kit", path.basename(file)))
writeFileSync(`${dist}/THIRD-PARTY-NOTICES.txt`, noticesOf(built.map(({ metafile }) => metafile)))

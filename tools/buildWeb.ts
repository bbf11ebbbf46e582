import { build, type Metafile } from "esbuild"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"

const sources = "src/programs/dashboard/app"

/** The dashboard's page, scripts and styles. Their names say what is in them, so that a browser may keep them for good. */
export const buildWeb = async (directory: string): Promise<Metafile> => {
  const { metafile } = await build({
    entryPoints: [`${sources}/main.tsx`],
    outdir: directory,
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: ["chrome120", "firefox121", "safari17"],
    jsx: "automatic",
    tsconfig: `${sources}/tsconfig.json`,
    define: { "process.env.NODE_ENV": '"production"' },
    entryNames: "[name]-[hash]",
    chunkNames: "chunk-[hash]",
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  })
  const { script, style } = entriesOf(metafile)
  const page = readFileSync(`${sources}/index.html`, "utf8").replace("{{script}}", script).replace("{{style}}", style)
  mkdirSync(directory, { recursive: true })
  writeFileSync(path.join(directory, "index.html"), page)
  return metafile
}

const entriesOf = ({ outputs }: Metafile): { readonly script: string; readonly style: string } => {
  for (const [file, { entryPoint, cssBundle }] of Object.entries(outputs)) {
    if (entryPoint === undefined || cssBundle === undefined) continue
    return { script: path.basename(file), style: path.basename(cssBundle) }
  }
  throw new Error("the dashboard's build has no page to load")
}

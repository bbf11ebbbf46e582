import { defineConnector } from "@openislands/connector-kit"
import { createHash } from "node:crypto"
import { readdir, readFile, stat } from "node:fs/promises"
import { z } from "zod"
import { rowsOf } from "./rows.ts"

export default defineConnector({
  description: "The rows of CSV and JSON files that are dropped into a directory",
  config: z.object({
    directory: z.string().describe("Relative to the project; permissions.read has to name it"),
    key: z.array(z.string()).min(1).optional().describe("The columns that tell rows apart, whatever file they come in"),
    delimiter: z.string().length(1).default(","),
    text: z.array(z.string()).default([]).describe("CSV columns that stay text, whatever they look like"),
    settle: z.number().min(0).default(5).describe("Seconds that a file has to rest: it may be half written before"),
  }),
  schedule: "5m",
  outputs: {
    rows: { description: "one row a row of a file, upserted when a file is new or was changed", key: "_key" },
  },
  async sync(ctx) {
    const { directory, key, settle } = ctx.config
    const known = (ctx.state.files ?? {}) as Readonly<Record<string, Known>>
    const files: Record<string, Known> = { ...known }
    const names = (await readdir(directory)).filter((name) => /^[^.].*\.(csv|json|jsonl|ndjson)$/i.test(name))
    for (const name of names.toSorted()) {
      const path = `${directory}/${name}`
      const before = await stat(path)
      if (!before.isFile()) continue
      if (Date.now() - before.mtimeMs < settle * 1000) {
        ctx.log(`${name} was written to a moment ago: the next sync takes it`)
        continue
      }
      const bytes = await readFile(path)
      const after = await stat(path)
      if (after.mtimeMs !== before.mtimeMs || after.size !== before.size || bytes.length !== after.size) {
        ctx.log(`${name} was written to while it was read: the next sync takes it`)
        continue
      }
      const hash = createHash("sha256").update(bytes).digest("hex")
      const last = known[name]
      if (last?.hash === hash) continue
      const rows = rowsOf(name, bytes, ctx.config)
      if (last !== undefined && rows.length < last.rows && key === undefined) {
        throw new Error(
          `${name} had ${last.rows} rows and has ${rows.length}: which of them went cannot be known. ` +
            `Put it back under another name, or read all files anew: openislands sync <project> <connector> --full`,
        )
      }
      await ctx.upsert(
        "rows",
        rows.map((row, index) => ({ _key: keyOf(row, key) ?? `${name}#${index + 1}`, _file: name, ...row })),
      )
      files[name] = { hash, rows: rows.length }
      ctx.log(`${name}: ${rows.length === 1 ? "1 row" : `${rows.length} rows`}`)
    }
    ctx.state.files = files
  },
})

/** A file as it was when it was read last. */
interface Known {
  hash: string
  rows: number
}

/** A key of several columns is one text, as JSON. */
const keyOf = (row: Readonly<Record<string, unknown>>, key: ReadonlyArray<string> | undefined): string | null => {
  if (key === undefined) return null
  const values = key.map((column) => {
    const value = row[column]
    if (value === null || value === undefined) throw new Error(`key: a row has no "${column}": ${JSON.stringify(row)}`)
    return value
  })
  return values.length === 1 ? String(values[0]) : JSON.stringify(values)
}

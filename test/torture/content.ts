import { existsSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { readParquet } from "../../src/layers/formats/parquet/readParquet.ts"
import { list } from "./list.ts"

/**
 * A project in every format whose whole content is a function of one number, how many syncs are in force: "before or
 * after, never between" is then that it holds what that function gives for one of two numbers.
 */
const rows = 4_000
const few = 250

export const connector = `import { defineConnector } from "@openislands/connector-kit"
export default defineConnector({
  description: "Rows that a number determines",
  outputs: { log: {}, events: {}, table: {}, array: {}, points: {}, visits: {}, totals: {} },
  async sync(ctx) {
    const n = (ctx.state.n ?? 0) + 1
    for (let page = 0; page < 4; page++) {
      const rows = Array.from({ length: ${rows / 4} }, (_, at) => ({ n, at: page * ${rows / 4} + at, text: "row, " + n }))
      await ctx.insert("log", rows)
      await ctx.insert("events", rows)
      await new Promise((done) => setTimeout(done, 5))
    }
    const few = Array.from({ length: ${few} }, (_, at) => ({ n, at, text: "row, " + n }))
    for (const output of ["array", "points", "visits"]) await ctx.insert(output, few)
    await ctx.replace("table", Array.from({ length: ${rows} + n }, (_, at) => ({ n, at })))
    await ctx.replace("totals", Array.from({ length: ${few} + n }, (_, at) => ({ n, at })))
    ctx.state.n = n
  },
})
`

const datasets = {
  log: { source: "data/log.csv" },
  events: { source: "data/events.jsonl" },
  table: { source: "data/table.csv" },
  array: { source: "data/array.json" },
  points: { source: "data/points.parquet" },
  visits: { source: "data/all.db", table: "visits" },
  totals: { source: "data/all.db", table: "totals" },
}
const names = Object.keys(datasets)

export const manifest = JSON.stringify({
  datasets,
  connectors: { one: { module: "connectors/one", datasets: Object.fromEntries(names.map((name) => [name, name])) } },
  history: { checkpoints: 40 },
})

export const dataFiles: ReadonlyArray<string> = Object.values(datasets).map(({ source }) => path.basename(source))

/** By file; of a database and a Parquet file, which bytes may differ for the same rows, these as JSON. */
export type Content = Readonly<Record<string, string>>

/** Every dataset and the cursor after so many syncs, and how many contracts there are; these are all alike. */
export const contentAfter = (syncs: number): Content => {
  if (syncs === 0) return { contracts: "0" }
  const numbers = Array.from({ length: syncs }, (_, at) => at + 1)
  const all = (count: number) =>
    numbers.flatMap((n) => Array.from({ length: count }, (_, at) => ({ n, at, text: `row, ${n}` })))
  const last = (count: number) => Array.from({ length: count + syncs }, (_, at) => ({ n: syncs, at }))
  const [many, some] = [all(rows), all(few)]
  return {
    "data/log.csv": `n,at,text\n${many.map(({ n, at, text }) => `${n},${at},"${text}"\n`).join("")}`,
    "data/events.jsonl": many.map((row) => `${JSON.stringify(row)}\n`).join(""),
    "data/table.csv": `n,at\n${last(rows)
      .map(({ n, at }) => `${n},${at}\n`)
      .join("")}`,
    "data/array.json": `[\n${some.map((row) => JSON.stringify(row)).join(",\n")}\n]\n`,
    "data/points.parquet": JSON.stringify(some),
    "data/all.db": JSON.stringify({ totals: last(few), visits: some }),
    ".openislands/state/one.json": `{"n":${syncs}}\n`,
    contracts: String(names.length),
  }
}

/** The same of what is there. */
export const contentOf = async (root: string): Promise<Content> => {
  const contracts = list(path.join(root, ".openislands/contracts"))
  const found: Record<string, string> = { contracts: String(contracts.length) }
  for (const directory of ["data", ".openislands/state"]) {
    for (const name of list(path.join(root, directory))) {
      const text = await textOf(path.join(root, directory, name))
      if (text !== null) found[`${directory}/${name}`] = text
    }
  }
  return found
}

export const logContract = (root: string): string | null => {
  const file = path.join(root, ".openislands/contracts/log.json")
  return existsSync(file) ? readFileSync(file, "utf8") : null
}

const column = (name: string, type: "integer" | "string") => ({ name, type, optional: false })

/** Null where there is nothing to be seen. */
const textOf = async (file: string): Promise<string | null> => {
  if (file.endsWith(".db")) return tablesOf(file)
  if (file.endsWith(".db-journal")) return null
  if (!file.endsWith(".parquet")) return readFileSync(file, "utf8")
  const columns = [column("n", "integer"), column("at", "integer"), column("text", "string")]
  const all: Array<unknown> = []
  for await (const batch of readParquet(file, { columns })) all.push(...batch)
  return JSON.stringify(all)
}

const tablesOf = (file: string): string | null => {
  using db = new DatabaseSync(file)
  const ours = "name NOT LIKE '\\_openislands%' ESCAPE '\\' ORDER BY name"
  const tables = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND ${ours}`).all()
  if (tables.length === 0) return null
  const rowsOf = (name: string) => db.prepare(`SELECT * FROM "${name}" ORDER BY rowid`).all()
  return JSON.stringify(Object.fromEntries(tables.map(({ name }) => [name, rowsOf(String(name))])))
}

import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import type { RolledBack } from "../src/services/History.ts"
import type { Run } from "../src/services/domain/Run.ts"
import { connector, generator, type Then } from "./generated.ts"
import { measure, type Measured } from "./measure.ts"

export const cli = path.join(import.meta.dirname, "..", "dist", "bin.mjs")

/** By the ending of the file; those but the last take rows at their end, Parquet is written anew. */
export const formats = ["csv", "jsonl", "json", "sqlite", "parquet"] as const
export type Format = (typeof formats)[number]

/** A project of one connector and one dataset, of which nothing has been synced. */
export const makeProject = (root: string, format: Format, first: number, then: Then): string => {
  mkdirSync(path.join(root, "connectors/one"), { recursive: true })
  const table = format === "sqlite" ? { table: "rows" } : {}
  const datasets = { rows: { source: `data/rows.${format}`, ...table } }
  const connectors = { one: { module: "connectors/one", timeout: "3h", datasets: { rows: "rows" } } }
  writeFileSync(path.join(root, "manifest.json"), JSON.stringify({ datasets, connectors }))
  writeFileSync(path.join(root, "connectors/one/rows.js"), generator)
  writeFileSync(path.join(root, "connectors/one/index.js"), connector(first, then))
  return root
}

export const dataOf = (root: string, format: Format): string => path.join(root, `data/rows.${format}`)

/** One sync by the built program, which must bring so many rows. */
export const sync = async (root: string, rows: number): Promise<Measured & { readonly run: Run }> => {
  const measured = await measure([cli, "sync", "--json"], root)
  const [run] = (JSON.parse(measured.stdout) as { readonly runs: ReadonlyArray<Run> }).runs
  if (run?.datasets["rows"]?.rows !== rows) throw new Error(`not ${rows} rows: ${measured.stdout}`)
  return { ...measured, run }
}

/** Undoes the newest checkpoint, which must be this one. */
export const rollback = async (root: string, checkpoint: string | null): Promise<Measured> => {
  const measured = await measure([cli, "rollback", "--json"], root)
  if ((JSON.parse(measured.stdout) as RolledBack).undone[0] !== checkpoint) throw new Error("undid another checkpoint")
  return measured
}

/** Bytes that a checkpoint takes in the history. */
export const historyBytes = (root: string, checkpoint: string | null): number => {
  if (checkpoint === null) throw new Error("no checkpoint")
  const directory = path.join(root, ".openislands/history", checkpoint)
  return readdirSync(directory).reduce((sum, name) => sum + statSync(path.join(directory, name)).size, 0)
}

/** As it was before its first sync, but for the caches. */
export const forget = (root: string): void => {
  for (const made of ["data", ...["state", "contracts", "history", "runs"].map((name) => `.openislands/${name}`)]) {
    rmSync(path.join(root, made), { recursive: true, force: true })
  }
}

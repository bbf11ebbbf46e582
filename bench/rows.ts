import { type ChildProcess, spawn } from "node:child_process"
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import type { RolledBack } from "../src/services/History.ts"
import type { Run } from "../src/services/domain/Run.ts"
import { median, table } from "./table.ts"

const cli = path.join(import.meta.dirname, "..", "dist", "bin.mjs")
const rounds = 3
const undoRounds = 9
const million = 1_000_000
const batch = 10_000
const codecs = ["csv", "jsonl"] as const
type Codec = (typeof codecs)[number]

/** Eight columns, of which one needs quotes now and then, and one is null now and then. */
const generator = `export const batchOf = (from, count, seed) => {
  const rows = []
  for (let at = from; at < from + count; at++) {
    rows.push({
      id: at,
      name: "person " + ((at * 7919 + seed) % 100_000),
      city: at % 10 === 0 ? "Springfield, " + (at % 50) : "Town " + (at % 1000),
      amount: ((at * 31 + seed) % 1_000_000) / 100,
      active: at % 3 === 0,
      day: "2025-" + ("" + (101 + (at % 12))).slice(1) + "-" + ("" + (101 + (at % 28))).slice(1),
      at: "2025-06-15T12:" + ("" + (100 + (at % 60))).slice(1) + ":" + ("" + (100 + (seed % 60))).slice(1) + "Z",
      note: at % 4 === 0 ? null : "note " + (at % 500),
    })
  }
  return rows
}
`

/** Its first sync inserts so many rows; those that follow replace a million, or insert a hundred. */
const connector = (
  first: number,
  then: "replace" | "hundred",
): string => `import { defineConnector } from "@openislands/connector-kit"
import { batchOf } from "./rows.js"
export default defineConnector({
  description: "Generated rows",
  outputs: { rows: {} },
  async sync(ctx) {
    const done = ctx.state.done ?? 0
    ctx.state.done = done + 1
    if (done > 0 && ${then === "hundred"}) return void (await ctx.insert("rows", batchOf(done, 100, 3)))
    if (done > 0) await ctx.replace("rows", [])
    for (let at = 0; at < ${first}; at += ${batch}) await ctx.insert("rows", batchOf(at, ${batch}, done + 1))
  },
})
`

/** What any program has to do: the same batches, properly encoded, written and flushed, in one thread. */
const limit = `import { closeSync, fsyncSync, openSync, writeSync } from "node:fs"
import { batchOf } from "./rows.js"
const [, , codec, file, seed] = process.argv
const special = /[",\\r\\n]/
const cell = (value) => {
  switch (typeof value) {
    case "string":
      return value === "" || special.test(value) ? '"' + value.replaceAll('"', '""') + '"' : value
    case "object":
      return value === null ? "" : cell(JSON.stringify(value))
    default:
      return "" + value
  }
}
const csvLine = (row) => {
  let line = ""
  for (let at = 0; at < columns.length; at++) line += (at > 0 ? "," : "") + cell(row[columns[at]])
  return line + "\\n"
}
const jsonLine = (row) => JSON.stringify(row) + "\\n"
const columns = Object.keys(batchOf(0, 1, 1)[0])
const encode = codec === "csv" ? csvLine : jsonLine
const fd = openSync(file, "w")
let text = codec === "csv" ? columns.join(",") + "\\n" : ""
for (let at = 0; at < ${million}; at += ${batch}) {
  for (const row of batchOf(at, ${batch}, Number(seed))) {
    text += encode(row)
    if (text.length > 65_536) {
      writeSync(fd, text)
      text = ""
    }
  }
}
writeSync(fd, text)
fsyncSync(fd)
closeSync(fd)
`

/** Whole processes, from their start to their end, on both sides of each comparison; fsync is on. */
export const rows = async (): Promise<string> => {
  const home = realpathSync(mkdtempSync(path.join(tmpdir(), "openislands-bench-")))
  try {
    return [await throughput(home), await undo(home)].join("\n\n")
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

interface Figures {
  readonly limit: Array<Measured>
  readonly insert: Array<Measured>
  readonly replace: Array<Measured>
}

const throughput = async (home: string): Promise<string> => {
  const figures: Record<Codec, Figures> = {
    csv: { limit: [], insert: [], replace: [] },
    jsonl: { limit: [], insert: [], replace: [] },
  }
  const projects = codecs.map(
    (codec) => [codec, makeProject(path.join(home, codec), codec, million, "replace")] as const,
  )
  const script = path.join(home, "limit.mjs")
  writeFileSync(path.join(home, "rows.js"), generator)
  writeFileSync(path.join(home, "package.json"), '{ "type": "module" }')
  writeFileSync(script, limit)
  // The first round fills the caches: ours, and Node's of compiled code.
  for (let round = 0; round <= rounds; round++) {
    for (const [codec, root] of projects) {
      const file = path.join(home, `limit.${codec}`)
      rmSync(file, { force: true })
      const direct = await measure([script, codec, file, "1"], home)
      const written = readFileSync(file)
      rmSync(file)
      forget(root)
      const insert = await measure([cli, "sync", "--json"], root)
      if (!readFileSync(path.join(root, `data/rows.${codec}`)).equals(written)) throw new Error("not the same bytes")
      const replace = await measure([cli, "sync", "--json"], root)
      for (const { stdout } of [insert, replace]) demandRows(stdout, million)
      if (round === 0) continue
      figures[codec].limit.push(direct)
      figures[codec].insert.push(insert)
      figures[codec].replace.push(replace)
    }
  }
  const lines = codecs.flatMap((codec) => {
    const base = median(figures[codec].limit.map(({ time }) => time))
    return (["limit", "insert", "replace"] as const).map((what) => {
      const measured = figures[codec][what]
      const time = median(measured.map((one) => one.time))
      const own = Math.max(...measured.map(({ peak }) => peak.own))
      const guest = Math.max(...measured.map(({ peak }) => peak.guest))
      const ratio = time / base
      const name = what === "limit" ? "one thread, no checks" : what
      const within = `${ratio <= 1.3 ? "within" : "OVER"} 1.3x, ${Math.max(own, guest) <= 200 ? "within" : "OVER"} 200 MiB`
      return [
        `${codec}, ${name}`,
        `${(time / 1000).toFixed(2)} s`,
        `${Math.round(million / time).toLocaleString("en-US")}k rows/s`,
        `${ratio.toFixed(2)}x`,
        `${own.toFixed(0)} MiB`,
        what === "limit" ? "" : `${guest.toFixed(0)} MiB`,
        what === "limit" ? "" : within,
      ]
    })
  })
  const head = ["1,000,000 rows of 8 columns", "median", "rate", "of limit", "program", "guest", "aim"]
  return table([head, ...lines])
}

const undo = async (home: string): Promise<string> => {
  const lines: Array<ReadonlyArray<string>> = []
  for (const codec of codecs) {
    const sizes = [10_000, million].map((size) => ({
      size,
      root: makeProject(path.join(home, `undo-${codec}-${size}`), codec, size, "hundred"),
      insert: [] as Array<number>,
      inside: [] as Array<number>,
      undo: [] as Array<number>,
      bytes: 0,
    }))
    for (const { root, size } of sizes) demandRows((await measure([cli, "sync", "--json"], root)).stdout, size)
    for (let round = 0; round <= undoRounds; round++) {
      for (const one of sizes) {
        const insert = await measure([cli, "sync", "--json"], one.root)
        const run = demandRows(insert.stdout, 100)
        one.bytes = bytesOf(path.join(one.root, ".openislands/history", run.checkpoint_id!))
        const back = await measure([cli, "rollback", "--json"], one.root)
        if ((JSON.parse(back.stdout) as RolledBack).undone[0] !== run.checkpoint_id) throw new Error("undid another")
        if (round === 0) continue
        one.insert.push(insert.time)
        one.inside.push(run.durationMs)
        one.undo.push(back.time)
      }
    }
    const [small, large] = sizes as [(typeof sizes)[number], (typeof sizes)[number]]
    for (const [name, what] of [
      ["insert", "insert"],
      ["insert, without the program's start", "inside"],
      ["undo", "undo"],
    ] as const) {
      const [few, many] = [median(small[what]), median(large[what])]
      lines.push([
        `${codec}, ${name}`,
        `${few.toFixed(0)} ms`,
        `${many.toFixed(0)} ms`,
        `${(many / few).toFixed(2)}x`,
        what === "insert" ? `${small.bytes} and ${large.bytes}` : "",
        `${many / few <= 1.3 ? "within" : "OVER"} 1.3x`,
      ])
    }
  }
  return table([["100 rows", "on 10,000", "on 1,000,000", "ratio", "bytes of history", "aim"], ...lines])
}

const makeProject = (root: string, codec: Codec, first: number, then: "replace" | "hundred"): string => {
  mkdirSync(path.join(root, "connectors/one"), { recursive: true })
  const datasets = { rows: { source: `data/rows.${codec}` } }
  const connectors = { one: { module: "connectors/one", datasets: { rows: "rows" } } }
  writeFileSync(path.join(root, "manifest.json"), JSON.stringify({ datasets, connectors }))
  writeFileSync(path.join(root, "connectors/one/rows.js"), generator)
  writeFileSync(path.join(root, "connectors/one/index.js"), connector(first, then))
  return root
}

/** As it was before its first sync, but for the caches. */
const forget = (root: string): void => {
  for (const made of ["data", ...["state", "contracts", "history", "runs"].map((name) => `.openislands/${name}`)]) {
    rmSync(path.join(root, made), { recursive: true, force: true })
  }
}

interface Measured {
  /** Milliseconds of the whole process. */
  readonly time: number
  /** MiB that were resident at most, of the program and of its guest. */
  readonly peak: { readonly own: number; readonly guest: number }
  readonly stdout: string
}

const measure = (args: ReadonlyArray<string>, cwd: string): Promise<Measured> =>
  new Promise((resolve, reject) => {
    const begin = performance.now()
    const child = spawn(process.execPath, [...args], { cwd, stdio: ["ignore", "pipe", "inherit"] })
    const peak = { own: 0, guest: 0 }
    const watching = setInterval(() => look(child, peak), 25)
    let stdout = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
    child.on("close", (code) => {
      clearInterval(watching)
      const time = performance.now() - begin
      if (code === 0) resolve({ time, peak, stdout })
      else reject(new Error(`${args.join(" ")} ended with ${code}: ${stdout}`))
    })
  })

/** The kernel keeps each process's own maximum, so the last look before its end tells it. */
const look = ({ pid }: ChildProcess, peak: { own: number; guest: number }): void => {
  peak.own = Math.max(peak.own, peakOf(pid))
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")
    for (const guest of children) peak.guest = Math.max(peak.guest, peakOf(Number(guest)))
  } catch {
    // It has ended, or this isn't Linux.
  }
}

const peakOf = (pid: number | undefined): number => {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

const demandRows = (stdout: string, rows: number): Run => {
  const [run] = (JSON.parse(stdout) as { readonly runs: ReadonlyArray<Run> }).runs
  if (run?.datasets["rows"]?.rows !== rows) throw new Error(`not ${rows} rows: ${stdout}`)
  return run
}

const bytesOf = (directory: string): number =>
  readdirSync(directory).reduce((sum, name) => sum + statSync(path.join(directory, name)).size, 0)

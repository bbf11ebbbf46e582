import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { Agent, get, request } from "node:http"
import { loadavg } from "node:os"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { cli } from "./project.ts"
import { scratch } from "./scratch.ts"
import { table } from "./table.ts"

/** Connectors that lie idle, modules that they share, and seconds that they are watched. */
const many = 1_000
const modules = 20
const watched = 60
/** Seconds of requests, and how many are under way at a time. */
const asked = 5
const atOnce = 4

const source = (body: string): string => `
import { defineConnector } from "@openislands/connector-kit"
export default defineConnector({ description: "Idle", outputs: { rows: {} }, async sync(ctx) { ${body} } })
`
const slow = `
for (let i = 0; !ctx.signal.aborted; i++) {
  await ctx.insert("rows", Array.from({ length: 100 }, (_, j) => ({ i, j, text: "some text" })))
  await new Promise((go) => setTimeout(go, 20))
}`

/** What a server takes that has nothing to do, and how fast it answers while it has. */
export const serve = async (_choice: unknown, tell: (line: string) => void): Promise<string> => {
  tell(`${many} idle connectors, ${watched} s`)
  const idle = await served(idleProject(), ["--port", "0"], async ({ pid, origin }) => {
    await answer(origin, "/api/connectors")
    await sleep(10_000)
    const before = processorSeconds(pid)
    await sleep(watched * 1000)
    return (100 * (processorSeconds(pid) - before)) / watched
  })
  const rows: Array<ReadonlyArray<string>> = []
  await served(busyProject(), ["--port", "0", "--no-schedule"], async ({ origin }) => {
    await answer(origin, "/api/connectors")
    for (const running of [0, 8]) {
      if (running > 0) for (let i = 0; i < running; i++) await answer(origin, `/api/connectors/c${i}/sync`, "POST")
      for (const page of ["/api/connectors", "/api/datasets/many/rows?limit=100"]) {
        tell(`${page} with ${running} syncs`)
        const { perSecond, p99 } = await requests(origin, page)
        rows.push([page, String(running), perSecond.toFixed(0), `${p99.toFixed(0)} ms`])
      }
    }
    return null
  })
  tell("a million events")
  const growth = await eventGrowth()
  return [
    `${many} idle connectors: ${idle.toFixed(2)} % of a processor over ${watched} s`,
    `a million events to 3 clients: ${growth.toFixed(1)} MiB more`,
    "",
    table([["page", "syncs running", "requests/s", "p99"], ...rows]),
    "",
    `load of the machine at the end: ${loadavg()[0]!.toFixed(1)}`,
  ].join("\n")
}

const idleProject = (): string => {
  const root = scratch(100e6)
  const names = Array.from({ length: many }, (_, index) => `c${index}`)
  for (let index = 0; index < modules; index++) {
    mkdirSync(path.join(root, `connectors/m${index}`), { recursive: true })
    writeFileSync(path.join(root, `connectors/m${index}/index.js`), source(""))
  }
  const connectors = names.map((name, index) => [
    name,
    { module: `connectors/m${index % modules}`, datasets: { rows: name }, schedule: "24h" },
  ])
  writeManifest(root, names, connectors)
  mkdirSync(path.join(root, ".openislands/runs"), { recursive: true, mode: 0o700 })
  const startedAt = new Date().toISOString()
  const stamp = startedAt.replace(/[-:.Z]/g, "")
  for (const connector of names) {
    const facts = { trigger: "schedule", startedAt, durationMs: 5, outcome: "success", datasets: {}, dropped: {} }
    const run = { runId: `${stamp}-${connector}-00000000`, connector, ...facts }
    const record = { ...run, schemaChanges: [], checkpoint_id: null, error: null }
    writeFileSync(path.join(root, `.openislands/runs/${connector}.jsonl`), `${JSON.stringify(record)}\n`)
  }
  return root
}

const busyProject = (): string => {
  const root = scratch(1e9)
  mkdirSync(path.join(root, "connectors/slow"), { recursive: true })
  mkdirSync(path.join(root, "data"))
  writeFileSync(path.join(root, "connectors/slow/index.js"), source(slow))
  const names = Array.from({ length: 10 }, (_, index) => `c${index}`)
  const connectors = names.map((name) => [name, { module: "connectors/slow", datasets: { rows: name } }])
  writeManifest(root, [...names, "many"], connectors)
  const lines = Array.from({ length: 100_000 }, (_, index) => `${index},some text,${index / 7}`)
  writeFileSync(path.join(root, "data/many.csv"), `id,text,number\n${lines.join("\n")}\n`)
  return root
}

const writeManifest = (root: string, datasets: ReadonlyArray<string>, connectors: ReadonlyArray<unknown>): void => {
  const manifest = {
    datasets: Object.fromEntries(datasets.map((name) => [name, { source: `data/${name}.csv` }])),
    connectors: Object.fromEntries(connectors as ReadonlyArray<readonly [string, object]>),
  }
  writeFileSync(path.join(root, "manifest.json"), JSON.stringify(manifest))
}

interface Server {
  readonly pid: number
  readonly origin: string
}

/** The built program, for as long as it is asked. */
const served = async <A>(
  root: string,
  args: ReadonlyArray<string>,
  use: (server: Server) => Promise<A>,
): Promise<A> => {
  const child = spawn(process.execPath, [cli, "serve", "--json", ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "ignore"],
  })
  try {
    return await use(JSON.parse(await firstDocument(child)) as Server)
  } finally {
    child.kill("SIGTERM")
    await once(child, "exit")
  }
}

const firstDocument = async (child: ChildProcess): Promise<string> => {
  let text = ""
  for await (const chunk of child.stdout!) {
    text += String(chunk)
    if (text.trimEnd().endsWith("}")) return text
  }
  throw new Error("openislands serve ended before it served")
}

/** Of itself only: a guest is counted where its work is. */
const processorSeconds = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return (Number(fields[11]) + Number(fields[12])) / 100
}

const agent = new Agent({ keepAlive: true, maxSockets: atOnce })

const answer = (origin: string, page: string, method = "GET"): Promise<void> =>
  new Promise((resolve, reject) => {
    const sent = request(`${origin}${page}`, { method, agent }, (response) => {
      response.resume()
      if ((response.statusCode ?? 500) >= 400) reject(new Error(`${page}: ${response.statusCode}`))
      response.on("end", resolve)
    })
    sent.on("error", reject).end()
  })

const requests = async (origin: string, page: string) => {
  const took: Array<number> = []
  const end = performance.now() + asked * 1000
  const client = async (): Promise<void> => {
    while (performance.now() < end) {
      const begin = performance.now()
      await answer(origin, page)
      took.push(performance.now() - begin)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, client))
  const sorted = took.toSorted((a, b) => a - b)
  return { perSecond: took.length / asked, p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0 }
}

/** MiB of memory, from after the first events to after the last. */
const eventGrowth = async (): Promise<number> => {
  const child = spawn(
    process.execPath,
    ["--expose-gc", path.join(import.meta.dirname, "manyEvents.ts"), scratch(1e6)],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  )
  let text = ""
  const clients: Array<ReturnType<typeof get>> = []
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk
    const origin = /^origin (.*)$/m.exec(text)?.[1]
    if (origin === undefined || clients.length > 0) return
    for (let i = 0; i < 3; i++) {
      clients.push(
        get(`${origin}/api/events`, { agent: false }, (response) => void response.resume().on("error", () => {})),
      )
      clients[i]!.on("error", () => {})
    }
  })
  await once(child, "exit")
  const growth = /^growth (.*)$/m.exec(text)?.[1]
  if (growth === undefined) throw new Error(`no growth was measured: ${text}`)
  return Number(growth)
}

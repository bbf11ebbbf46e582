import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import type { Duplex } from "node:stream"
import { pathToFileURL } from "node:url"
import { messageLine } from "../src/layers/host/channel.ts"
import { guestFlags } from "../src/layers/host/flags.ts"
import type { DescribeJob } from "../src/layers/host/protocol.ts"
import { measure } from "./measure.ts"
import { cli } from "./project.ts"
import { scratch } from "./scratch.ts"
import { median, table, verdict } from "./table.ts"

const rounds = 21

/** Whole processes, in turns, so that whatever else the machine does meets all of them alike. */
export const startup = async (): Promise<string> => {
  const home = scratch(0)
  const one = makeProject(path.join(home, "one"), 1)
  const twenty = makeProject(path.join(home, "twenty"), 20)
  const hundred = makeProject(path.join(home, "hundred"), 100)
  const guest = emptyGuest(home)
  const commands: ReadonlyArray<Command> = [
    { name: "node -e 0", args: ["-e", "0"] },
    { name: "--version", args: [cli, "--version"], aim: 4 },
    { name: "validate, 1 connector, cold", args: [cli, "validate", one], before: () => emptyCache(one) },
    { name: "validate, 1 connector, warm", args: [cli, "validate", one], aim: 4 },
    { name: "a guest that does nothing", args: [], run: guest },
    { name: "status, 1 connector, not described", args: [cli, "status", one], before: () => forgetDescriptions(one) },
    { name: "status, 1 connector, warm", args: [cli, "status", one] },
    { name: "status, 20 connectors, warm", args: [cli, "status", twenty] },
    { name: "status, 100 connectors, warm", args: [cli, "status", hundred] },
    { name: "validate, 100 connectors, warm", args: [cli, "validate", hundred], aim: 10 },
    { name: "mcp, until it has greeted and ended", args: [], run: () => greeting(one) },
  ]
  // Fills the caches: ours and Node's of compiled code.
  for (const command of commands) await time(command)
  const times = commands.map(() => [] as Array<number>)
  for (let round = 0; round < rounds; round++) {
    for (const [index, command] of commands.entries()) times[index]!.push(await time(command))
  }
  const base = median(times[0]!)
  const rows = commands.map(({ name, aim }, index) => {
    const ratio = median(times[index]!) / base
    const reached = aim === undefined ? "" : verdict(ratio, aim)
    return [name, `${median(times[index]!).toFixed(0)} ms`, `${ratio.toFixed(1)}x`, reached]
  })
  return table([["", "median", "of node", "aim"], ...rows])
}

interface Command {
  readonly name: string
  readonly args: ReadonlyArray<string>
  /** How many times the start of Node it should take at most. */
  readonly aim?: number
  readonly before?: () => void
  /** Instead of a command of Node's. */
  readonly run?: () => Promise<void>
}

const time = async ({ args, before, run }: Command): Promise<number> => {
  before?.()
  if (run === undefined) return (await measure(args, tmpdir())).time
  const begin = performance.now()
  await run()
  return performance.now() - begin
}

/** What an agent's client waits for when it starts. */
const greeting = async (project: string): Promise<void> => {
  const server = spawn(process.execPath, [cli, "mcp", project], { stdio: ["pipe", "pipe", "inherit"] })
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "bench", version: "0" } }
  server.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params })}\n`)
  await once(server.stdout, "data")
  server.stdin.end()
  server.stdout.resume()
  const [code] = await once(server, "close")
  if (code !== 0) throw new Error(`mcp ended with ${code}`)
}

/** A connector's process as the host starts it, from its start to its end: its job is to describe next to nothing. */
const emptyGuest = (home: string): (() => Promise<void>) => {
  const program = path.join(path.dirname(cli), "guest.mjs")
  const bundle = path.join(home, "empty.mjs")
  writeFileSync(bundle, "export default {}")
  const flags = guestFlags([program, bundle], { read: [], net: null }, 256)
  const net = { connector: null, hosts: null, server: null }
  const job = { type: "describe", bundle: pathToFileURL(bundle).href, builtins: [], net } satisfies DescribeJob
  return async () => {
    const child = spawn(process.execPath, [...flags, program], {
      env: {},
      stdio: ["ignore", "ignore", "inherit", "pipe", "ignore"],
    })
    const channel = child.stdio[3] as Duplex
    channel.resume().write(messageLine(job))
    const [code] = await once(child, "close")
    if (code !== 0) throw new Error(`the guest ended with ${code}`)
  }
}

const forgetDescriptions = (project: string): void =>
  rmSync(path.join(project, ".openislands", "cache", "describe"), { recursive: true, force: true })

const emptyCache = (project: string): void =>
  rmSync(path.join(project, ".openislands", "cache"), { recursive: true, force: true })

const connector = (index: number): string => `import { defineConnector } from "@openislands/connector-kit"
import { z } from "zod"

export default defineConnector({
  description: "Connector ${index}",
  config: z.object({ days: z.number().int().positive().default(30) }),
  secrets: ["KEY_${index}"],
  outputs: { rows: { description: "inserted" } },
  async sync(ctx) {
    await ctx.insert("rows", [{ days: ctx.config.days }])
  },
})
`

const makeProject = (root: string, count: number): string => {
  const names = Array.from({ length: count }, (_, index) => `connector${index}`)
  for (const [index, name] of names.entries()) {
    mkdirSync(path.join(root, "connectors", name), { recursive: true })
    writeFileSync(path.join(root, "connectors", name, "index.ts"), connector(index))
  }
  const manifest = {
    datasets: Object.fromEntries(names.map((name) => [name, { source: `data/${name}.csv` }])),
    connectors: Object.fromEntries(
      names.map((name) => [name, { module: `connectors/${name}`, datasets: { rows: name }, config: { days: 7 } }]),
    ),
  }
  writeFileSync(path.join(root, "manifest.json"), JSON.stringify(manifest))
  writeFileSync(path.join(root, ".env"), names.map((_, index) => `KEY_${index}=1`).join("\n"))
  return root
}

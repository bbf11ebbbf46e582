import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { type ChildProcess, fork } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { History } from "../../../src/services/History.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { visibleFiles } from "../../fixtures/storeState.ts"
import { storeAt } from "../../fixtures/store.ts"
import { shared, type Row, writesOf } from "../../fixtures/storeWorker.ts"

const torture = process.env["TORTURE"] !== undefined
const worker = path.join(import.meta.dirname, "../../fixtures/storeWorker.ts")
const roles = ["p", "q", "r", "undo"]

/** Keeps a process of each role running, and kills one after another; answers with how often. */
const rampage = async (root: string, enough: (kills: number) => boolean, random: () => number) => {
  const failures: Array<string> = []
  const running = new Map<string, { readonly child: ChildProcess; readonly ready: Promise<void> }>()
  let stopping = false
  const start = (role: string) => {
    const child = fork(worker, [root, role], { stdio: ["ignore", "ignore", "pipe", "ipc"] })
    let text = ""
    child.stderr!.on("data", (chunk: Buffer) => (text += chunk.toString()))
    child.once("close", (code, signal) => {
      if (signal !== "SIGKILL") failures.push(`${role} ended by itself (${code}): ${text}`)
      if (!stopping && failures.length === 0) start(role)
    })
    const ready = new Promise<void>((resolve) => {
      child.once("message", () => resolve())
      child.once("close", () => resolve())
    })
    running.set(role, { child, ready })
  }
  for (const role of roles) start(role)
  let kills = 0
  while (!enough(kills) && failures.length === 0) {
    const { child, ready } = running.get(roles[Math.floor(random() * roles.length)]!)!
    await ready
    await sleep(random() * 300)
    child.kill("SIGKILL")
    kills++
  }
  stopping = true
  const all = [...running.values()].map(({ child }) => child)
  for (const child of all) child.kill("SIGKILL")
  await Promise.all(
    all.map((child) =>
      child.exitCode === null && child.signalCode === null
        ? new Promise((resolve) => child.once("close", resolve))
        : null,
    ),
  )
  return { kills, failures }
}

const headerOf = (source: string): string => (source.endsWith(".csv") ? "id,by\n" : "")
const line = (source: string, { id, by }: Row): string =>
  source.endsWith(".csv") ? `${id},"${by}"\n` : `${JSON.stringify({ id, by })}\n`

interface Step {
  readonly id: string
  readonly cause: { readonly type: string; readonly connector: string | null }
  readonly toggles: { readonly undone: ReadonlyArray<string>; readonly redone: ReadonlyArray<string> } | null
}

/** The bytes that come of doing what the history says, one thing after another. */
const serially = (home: string, ids: ReadonlyArray<string>): Record<string, string> => {
  const inForce: Array<{ readonly id: string; readonly connector: string; readonly n: number }> = []
  const taken = new Map<string, { readonly connector: string; readonly n: number }>()
  for (const id of ids) {
    const step = JSON.parse(fs.readFileSync(path.join(home, "history", id, "plan.json"), "utf8")) as Step
    if (step.toggles === null) {
      const connector = step.cause.connector!
      const n = inForce.filter((one) => one.connector === connector).length + 1
      taken.set(id, { connector, n })
      inForce.push({ id, connector, n })
      continue
    }
    for (const undone of step.toggles.undone)
      inForce.splice(
        inForce.findIndex((one) => one.id === undone),
        1,
      )
    for (const redone of step.toggles.redone) inForce.push({ id: redone, ...taken.get(redone)! })
    inForce.sort((one, other) => (one.id < other.id ? -1 : 1))
  }
  const files: Record<string, string> = {}
  for (const { connector, n } of inForce) {
    for (const [output, write] of Object.entries(writesOf(connector, n))) {
      const source = shared[output]!
      const base = "replace" in write ? headerOf(source) : (files[source] ?? headerOf(source))
      files[source] = base + write.rows.map((row) => line(source, row)).join("")
    }
    files[`.openislands/state/${connector}.json`] = `${JSON.stringify({ n })}\n`
  }
  return files
}

it.live(
  "processes that sync the same datasets, roll back and are killed leave what one alone would have made",
  () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}" })
      const home = path.join(root, ".openislands")
      const seed = Date.now() % 100_000
      let state = seed
      const random = () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647
      let kills = 0
      const checkpoints = () => {
        const history = path.join(home, "history")
        return fs.existsSync(history) ? fs.readdirSync(history).length : 0
      }
      for (let round = 1; round <= (torture ? 20 : 2); round++) {
        const enough = (killed: number) => killed >= (torture ? 100 : 15) && checkpoints() >= 12 * round
        const done = yield* Effect.promise(() => rampage(root, enough, random))
        kills += done.kills
        assert.deepStrictEqual(done.failures, [], `seed ${seed}`)
        yield* Effect.gen(function* () {
          // No lock survives its holder: this would wait for ever.
          const list = yield* History.use((history) => history.list).pipe(Effect.timeout("10 seconds"))
          const ids = list.map(({ checkpoint_id }) => checkpoint_id).toReversed()
          const files = Object.entries(visibleFiles(root)).map(
            ([name, text]) => [name, text.replace(/^\d+ /, "")] as const,
          )
          const data = Object.fromEntries(
            files.filter(([name]) => name.startsWith("data/") || name.includes("/state/")),
          )
          assert.deepStrictEqual(data, serially(home, ids), `seed ${seed}`)
          assert.deepStrictEqual(fs.readdirSync(path.join(home, "journal")), [])
        }).pipe(Effect.provide(storeAt(root)))
      }
      process.stdout.write(`${kills} kills, ${checkpoints()} checkpoints, seed ${seed}\n`)
    }),
  { timeout: 600_000 },
)

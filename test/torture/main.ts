import { spawnSync } from "node:child_process"
import { availableParallelism } from "node:os"
import * as path from "node:path"
import { torture } from "./kills.ts"
import { randomOf, seedOf } from "./random.ts"
import { volume } from "./volume.ts"

/**
 * `npm run torture`: 2,000 kills, in as many projects at once as there are processors; then ten million rows in one sync,
 * in bounded memory; then the tests of the store with more of everything; and at last with one step of the store left out at a time, which must not go unnoticed. `SEED`,
 * `KILLS` and `WORKERS` change it.
 */
const print = (text: string): void => void process.stdout.write(`${text}\n`)

const seed = seedOf(process.env["SEED"])
const kills = Number(process.env["KILLS"] ?? 2_000)
const workers = Math.max(1, Math.min(kills, Number(process.env["WORKERS"] ?? availableParallelism())))
const root = path.join(import.meta.dirname, "..", "..")
const cli = path.join(root, "dist", "bin.mjs")

print(`${kills} kills in ${workers} projects; SEED=${seed} WORKERS=${workers}`)
const random = randomOf(seed)
const outcomes: Record<string, number> = {}
let done = 0
const worker = (index: number): Promise<void> =>
  torture({
    cli,
    seed: Math.floor(random() * 2 ** 31),
    kills: Math.floor(kills / workers) + (index < kills % workers ? 1 : 0),
    onKill: (_, { command, outcome }) => {
      const key = `${command} ${outcome}`
      outcomes[key] = (outcomes[key] ?? 0) + 1
      if (++done % 50 === 0 || done === kills) print(`${done} of ${kills}`)
    },
  })

try {
  await Promise.all(Array.from({ length: workers }, (_, index) => worker(index)))
  print(`no violation. What the kills met: ${JSON.stringify(outcomes)}`)
} catch (cause) {
  print(`VIOLATION with SEED=${seed} WORKERS=${workers}\n${cause instanceof Error ? cause.stack : String(cause)}`)
  process.exit(1)
}

try {
  print(await volume())
} catch (cause) {
  print(String(cause))
  process.exit(1)
}

const { status } = spawnSync(process.execPath, ["node_modules/vitest/vitest.mjs", "run", "test/layers/store"], {
  cwd: root,
  env: { ...process.env, TORTURE: "1" },
  stdio: "inherit",
})
if (status !== 0) process.exit(status ?? 1)

const mutations = spawnSync(process.execPath, ["test/torture/mutations.ts"], { cwd: root, stdio: "inherit" })
process.exit(mutations.status ?? 1)

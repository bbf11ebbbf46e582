import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readlinkSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { connector, contentAfter, contentOf, dataFiles, logContract, manifest } from "./content.ts"
import { list } from "./list.ts"
import { randomOf } from "./random.ts"

/**
 * Kills commands, and the guests that they run, with SIGKILL at random moments, and looks at what a normal command finds
 * afterwards: what was before, or what is after.
 */
export interface Killing {
  /** The built program. */
  readonly cli: string
  readonly seed: number
  readonly kills: number
  readonly onKill?: (done: number, told: Told) => void
}

export interface Told {
  readonly command: string
  readonly victim: string
  readonly after: string
  /** What the kill met: a command that was done already, one that was undone, or one that was kept. */
  readonly outcome: "done" | "before" | "after"
}

/** What may never happen; the message names the kill, by which the seed finds it again. */
export class Violation extends Error {}

/** Processes whose directory is the project: the command and its guest, nobody else's. */
const processesIn = (root: string): ReadonlyArray<number> =>
  list("/proc")
    .map(Number)
    .filter((pid) => {
      try {
        return Number.isInteger(pid) && readlinkSync(`/proc/${pid}/cwd`) === root
      } catch {
        return false
      }
    })

const kill = (pid: number): void => {
  try {
    process.kill(pid, "SIGKILL")
  } catch {
    // It has ended.
  }
}

interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>
}

const commands = ["sync", "sync", "rollback", "redo", "redo"] as const
const victims = ["both", "both", "program", "guest"] as const
const followers = ["history", "sync", "rollback"] as const

/** Runs until the number of kills is reached; throws a `Violation`. */
export const torture = async ({ cli, seed, kills, onKill }: Killing): Promise<void> => {
  const random = randomOf(seed)
  const pick = <A>(from: ReadonlyArray<A>): A => from[Math.floor(random() * from.length)]!
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), "openislands-kill-")))

  const start = (args: ReadonlyArray<string>): Running => {
    const env = { PATH: process.env["PATH"], HOME: process.env["HOME"] }
    const child = spawn(process.execPath, [cli, ...args, "--json"], {
      cwd: root,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    })
    let [stdout, stderr] = ["", ""]
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
      child.on("close", (code) => resolve({ code, stdout, stderr })),
    )
    return { child, ended }
  }

  /** A command that nobody disturbs must succeed. */
  const normal = async <A>(told: string, ...args: ReadonlyArray<string>): Promise<A> => {
    const { code, stdout, stderr } = await start(args).ended
    if (code !== 0) throw new Violation(`${told}: then "${args.join(" ")}" failed (${code}): ${stdout}${stderr}`)
    return JSON.parse(stdout) as A
  }

  /** How many syncs the files say are in force; null when they are between. */
  let contracts: string | null = null
  const syncsIn = async (candidates: ReadonlyArray<number>): Promise<number | null> => {
    const found = await contentOf(root)
    const log = logContract(root)
    if (log !== null && log !== (contracts ??= log)) return null
    const names = Object.keys(found)
    const fits = (expected: typeof found) =>
      names.length === Object.keys(expected).length && names.every((name) => found[name] === expected[name])
    return candidates.find((candidate) => fits(contentAfter(candidate))) ?? null
  }

  /** Spins until something is under way in the journal, or the command has ended. */
  const journalled = async (running: Running): Promise<void> => {
    let ended = false
    void running.ended.then(() => (ended = true))
    while (!ended && list(path.join(root, ".openislands/journal")).length === 0) await sleep(0)
  }

  try {
    mkdirSync(path.join(root, "connectors/one"), { recursive: true })
    writeFileSync(path.join(root, "manifest.json"), manifest)
    writeFileSync(path.join(root, "connectors/one/index.js"), connector)
    await normal("at first", "sync")
    // How long a command takes, and its commit: the moments spread over a bit more than that.
    const whole = performance.now()
    const measured = start(["sync"])
    await journalled(measured)
    const commit = performance.now()
    await measured.ended
    const longest = { whole: (performance.now() - whole) * 1.1, commit: (performance.now() - commit) * 1.1 }
    let syncs = 2
    let history = await normal<History>("at first", "history")

    for (let number = 1; number <= kills; number++) {
      const redoable = history.checkpoints.find(isUndo)
      const undoable = inForce(history)
      let command: (typeof commands)[number] = syncs >= 6 ? "rollback" : syncs <= 1 ? "sync" : pick(commands)
      // What is older than the history that is kept stays.
      if (undoable < 2) command = "sync"
      if (command === "redo" && redoable?.checkpoint_id !== history.checkpoints[0]?.checkpoint_id) command = "sync"
      const victim = command === "sync" ? pick(victims) : "program"
      const after = command === "rollback" ? syncs - 1 : syncs + 1

      const atCommit = random() < 0.5
      const delay = random() * (atCommit ? longest.commit : longest.whole)
      const pause = random() < 0.5 ? 0 : random() * 20
      const told = `seed ${seed}, kill ${number} (${victim} of ${command} ${atCommit ? "in its commit" : "anywhere"} + ${delay.toFixed(1)} ms, ${syncs} syncs in force)`

      const running = start(command === "redo" ? ["rollback", redoable!.checkpoint_id] : [command])
      if (atCommit) await journalled(running)
      await sleep(delay)
      const guests = processesIn(root).filter((pid) => pid !== running.child.pid)
      if (victim !== "guest") running.child.kill("SIGKILL")
      if (victim !== "program") {
        if (pause > 0) await sleep(pause)
        guests.forEach(kill)
      }
      if (victim === "guest") await running.ended
      else if (random() < 0.5) await running.ended

      // A normal command follows at once, and then what is there must be before or after.
      const follower = undoable <= 2 || syncs >= 6 ? "history" : pick(followers)
      const shift = follower === "sync" ? 1 : follower === "rollback" ? -1 : 0
      if (follower !== "history") await normal(told, follower)
      history = await normal<History>(told, "history")
      const found = await syncsIn([syncs + shift, after + shift])
      if (found === null) {
        const [text, one] = [await differing(root, syncs + shift), await differing(root, after + shift)]
        throw new Violation(`${told}: then after ${follower} the files are between two states (${text}; ${one})`)
      }
      const listed = inForce(history)
      // Older ones may have been pruned.
      if (listed !== found && history.checkpoints.length < 40) {
        throw new Violation(`${told}: then the history has ${listed} syncs in force, the files show ${found}`)
      }
      const { code } = await running.ended
      if (code === 0 && found !== after + shift) throw new Violation(`${told}: it reported success, and is undone`)
      await quiet(root, told)
      onKill?.(number, {
        command,
        victim,
        after: follower,
        outcome: code === 0 ? "done" : found === after + shift ? "after" : "before",
      })
      syncs = found
    }
    await normal(`seed ${seed}, at last`, "sync")
    if ((await syncsIn([syncs + 1])) === null) throw new Violation(`seed ${seed}: the last sync did not land`)
  } finally {
    processesIn(root).forEach(kill)
    rmSync(root, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Which files are not what so many syncs make of them. */
const differing = async (root: string, syncs: number): Promise<string> => {
  const [found, expected] = [await contentOf(root), contentAfter(syncs)]
  const names = [...new Set([...Object.keys(found), ...Object.keys(expected)])]
  const lengths = names
    .filter((name) => found[name] !== expected[name])
    .map((name) => `${name}: ${found[name]?.length ?? "none"} for ${expected[name]?.length ?? "none"}`)
  return `for ${syncs} syncs, ${lengths.join(", ")}`
}

interface History {
  readonly checkpoints: ReadonlyArray<{
    readonly checkpoint_id: string
    readonly cause: { readonly type: string }
    readonly datasets: Readonly<Record<string, { readonly mode: string }>>
    readonly undoneBy: string | null
  }>
}

/** A rollback that is in force and took something back; one that brought it back again would be undone by its rollback. */
const isUndo = ({ cause, datasets, undoneBy }: History["checkpoints"][number]): boolean =>
  cause.type === "rollback" && undoneBy === null && Object.values(datasets).every(({ mode }) => mode === "undo")

const inForce = ({ checkpoints }: History): number =>
  checkpoints.filter(({ cause, undoneBy }) => cause.type === "sync" && undoneBy === null).length

/** SQLite's own, of rows that had not got as far as a COMMIT: whoever writes to the database next takes it over. */
const coldJournal = "all.db-journal"

/** No guest outlives its program for long, and nothing under way or staged is left. */
const quiet = async (root: string, told: string): Promise<void> => {
  for (let waited = 0; processesIn(root).length > 0; waited += 10) {
    if (waited > 5_000) throw new Violation(`${told}: process ${processesIn(root).join()} survived`)
    await sleep(10)
  }
  const underWay = list(path.join(root, ".openislands/journal"))
  if (underWay.length > 0) throw new Violation(`${told}: ${underWay.join()} is left in the journal`)
  const names = [...list(path.join(root, "data")), ...list(path.join(root, ".openislands/state"))]
  const strange = names.filter((name) => ![...dataFiles, "one.json", coldJournal].includes(name))
  if (strange.length > 0) throw new Violation(`${told}: ${strange.join()} is left over`)
}

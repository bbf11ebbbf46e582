import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, readlinkSync } from "node:fs"

export interface Measured {
  /** Milliseconds of the whole process, from before its start to its end. */
  readonly time: number
  readonly peak: Peak
  readonly stdout: string
}

/** MiB that were resident at most, of the program and of the largest of its guests; 0 where there is no /proc. */
export interface Peak {
  readonly own: number
  readonly guest: number
}

const running = new Set<ChildProcess>()
let ending = false

/** Runs Node with these arguments; rejects when that fails. */
export const measure = async (args: ReadonlyArray<string>, cwd: string): Promise<Measured> => {
  const begin = performance.now()
  const child = spawn(process.execPath, [...args], { cwd, stdio: ["ignore", "pipe", "pipe"] })
  running.add(child)
  const peaks = new Map<number, number>()
  const watching = setInterval(() => look(child.pid!, peaks), 25)
  let stdout = ""
  let stderr = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
  // Lines of progress, of which the last say why it failed.
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-2000)))
  try {
    const [code] = await once(child, "close")
    const time = performance.now() - begin
    // A Ctrl-C reaches it as well: that is no failure of its own.
    if (ending) await new Promise(() => {})
    if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${stdout}${stderr}`)
    const { [child.pid!]: own = 0, ...guests } = Object.fromEntries(peaks)
    return { time, peak: { own, guest: Math.max(0, ...Object.values(guests)) }, stdout }
  } finally {
    clearInterval(watching)
    running.delete(child)
  }
}

/** Ends what is being measured, for good, and waits for that. */
export const stopAll = async (): Promise<void> => {
  ending = true
  await Promise.all(
    [...running].map(async (child) => {
      child.kill("SIGKILL")
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
    }),
  )
}

/** The largest of each figure. */
export const peakOf = (measured: ReadonlyArray<Measured>): Peak => ({
  own: Math.max(...measured.map(({ peak }) => peak.own)),
  guest: Math.max(...measured.map(({ peak }) => peak.guest)),
})

/** The kernel keeps each process's own maximum, so the last look before its end tells it. */
const look = (pid: number, peaks: Map<number, number>): void => {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(" ")
    for (const one of [pid, ...children.filter((child) => child !== "").map(Number)]) {
      // The bundler is a child too, and no guest.
      if (readlinkSync(`/proc/${one}/exe`) !== process.execPath) continue
      const status = readFileSync(`/proc/${one}/status`, "latin1")
      const most = /VmHWM:\s+(\d+)/.exec(status)
      if (most !== null) peaks.set(one, Number(most[1]) / 1024)
    }
  } catch {
    // It has ended between two of these lines, or this isn't Linux.
  }
}

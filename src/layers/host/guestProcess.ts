import { Cause, Effect, Queue } from "effect"
import { type ChildProcess, fork } from "node:child_process"
import { readFileSync } from "node:fs"
import type { Readable } from "node:stream"
import type { Permissions } from "../../services/domain/Manifest.ts"
import { guestEnvironment, guestFlags } from "./flags.ts"

/** How a guest ended before it answered. */
export class GuestExit {
  readonly _tag = "GuestExit"
  readonly detail: string
  constructor(detail: string) {
    this.detail = detail
  }
}

export interface Guest {
  readonly pid: number
  readonly send: (message: unknown) => Effect.Effect<void>
  /** What it sends, in order; fails when it ends. */
  readonly inbox: Queue.Dequeue<unknown, GuestExit>
  readonly stop: (signal: NodeJS.Signals) => void
}

export interface GuestOptions {
  readonly program: string
  readonly root: string
  /** Files it may read beside what its permissions grant. */
  readonly readable: ReadonlyArray<string>
  readonly permissions: Permissions
  /** MiB of JavaScript heap; resident memory may be twice that. */
  readonly heap: number
  /** Descriptors it inherits from 4 on. */
  readonly descriptors?: ReadonlyArray<number>
  /** Gets everything that it prints. */
  readonly onOutput: (chunk: Buffer) => void
}

/** A process of its own for as long as the scope lasts; closing the scope kills it and waits until it is gone. */
export const startGuest = (options: GuestOptions) =>
  Effect.acquireRelease(
    Effect.suspend(() => start(options)),
    ({ child }) => ended(child),
  )

const start = Effect.fnUntraced(function* (options: GuestOptions) {
  shieldFromSignals()
  const inbox = yield* Queue.unbounded<unknown, GuestExit>()
  const child = fork(options.program, [], {
    cwd: options.root,
    env: guestEnvironment(process.env),
    execArgv: [...guestFlags([options.program, ...options.readable], options.permissions, options.heap)],
    serialization: "json",
    // A Ctrl-C in the terminal is for the host, which then ends the guest in order.
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc", ...(options.descriptors ?? [])],
  })
  let ending: string | null = null
  let tail = ""
  const watch = watchMemory(
    child,
    options.heap * 2,
    () => (ending = `it used more than ${options.heap * 2} MiB of memory`),
  )
  const output = (chunk: Buffer) => {
    tail = (tail + chunk.toString("latin1")).slice(-4_000)
    options.onOutput(chunk)
  }
  for (const stream of [child.stdout, child.stderr] as ReadonlyArray<Readable>) stream.on("data", output)
  const fail = (exit: GuestExit) => Queue.failCauseUnsafe(inbox, Cause.fail(exit))
  child.on("message", (message) => Queue.offerUnsafe(inbox, message))
  child.on("error", (cause) => fail(new GuestExit(`its process could not be started: ${cause.message}`)))
  // "close" comes after "exit", when all that it printed has arrived.
  child.on("close", (code, signal) => {
    clearInterval(watch)
    fail(new GuestExit(ending ?? endOf(code, signal, tail, options.heap)))
  })
  const guest: Guest = {
    pid: child.pid ?? -1,
    inbox,
    send: (message) =>
      Effect.callback<void>((resume) => {
        // A guest that is gone says so through its inbox.
        if (!child.connected) return resume(Effect.void)
        child.send(message as object, () => resume(Effect.void))
      }),
    stop: (signal) => void child.kill(signal),
  }
  return { child, guest }
})

const ended = (child: ChildProcess) =>
  Effect.callback<void>((resume) => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    child.kill("SIGKILL")
  })

const endOf = (code: number | null, signal: string | null, tail: string, heap: number): string => {
  if (/heap out of memory|Reached heap limit|Array buffer allocation failed/.test(tail))
    return `it ran out of memory (${heap} MiB)`
  if (signal !== null) return `its process was ended by ${signal}`
  return `it ended its own process (exit code ${code})`
}

/** The heap cap doesn't count buffers; where the system tells, resident memory is watched. */
const watchMemory = (child: ChildProcess, limit: number, onExcess: () => void) => {
  const timer = setInterval(() => {
    const resident = residentMiB(child.pid)
    if (resident === null) return clearInterval(timer)
    if (resident <= limit) return
    onExcess()
    child.kill("SIGKILL")
    clearInterval(timer)
  }, 100)
  timer.unref()
  return timer
}

const residentMiB = (pid: number | undefined): number | null => {
  if (process.platform !== "linux") return null
  try {
    return (Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]) * 4096) / 1_048_576
  } catch {
    // It has just ended.
    return null
  }
}

let shielded = false
/** Without a handler of ours, SIGUSR1 from a guest would open the inspector of this process. */
const shieldFromSignals = (): void => {
  if (shielded || process.platform === "win32") return
  shielded = true
  process.on("SIGUSR1", () => {})
}

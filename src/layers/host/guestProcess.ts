import { Effect, Queue } from "effect"
import type { ChildProcess } from "node:child_process"
import type { Duplex } from "node:stream"
import type { LogLine } from "../../services/ConnectorHost.ts"
import type { ConnectorCrashed } from "../../services/domain/GuestError.ts"
import type { Permissions } from "../../services/domain/Manifest.ts"
import { residentMiB, wholly } from "../childProcesses.ts"
import { messageLine, messagesOf } from "./channel.ts"
import { guestEnvironment, guestFlags } from "./flags.ts"
import { logDescriptor } from "./protocol.ts"

/** Characters of the longest message that is taken from a guest. */
const longestMessage = 8 * 1024 * 1024

/** How a guest ended before it answered, or why there never was one. */
export class GuestExit {
  readonly _tag = "GuestExit"
  readonly why: NonNullable<ConnectorCrashed["why"]>
  readonly detail: string
  constructor(why: GuestExit["why"], detail: string) {
    this.why = why
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
  /** Descriptors it inherits from `firstDescriptor` on. */
  readonly descriptors?: ReadonlyArray<number>
  /** Gets everything that it prints and logs. What isn't taken at once makes the guest wait. */
  readonly onOutput: (stream: LogLine["stream"], chunk: Buffer) => void
}

/**
 * A process of its own for as long as the scope lasts; closing the scope kills it and waits until it is gone. Fails when
 * the system has no process to give; some systems say so only later, in the inbox.
 */
export const startGuest = Effect.fnUntraced(function* (options: GuestOptions) {
  shieldFromSignals()
  const { child, channel, messages, exit } = yield* Effect.acquireRelease(
    Effect.try({ try: () => listenTo(spawnGuest(options), options), catch: notStarted }),
    ({ child }) => ended(child),
  )
  // A bounded inbox: a guest that floods it waits until somebody reads.
  const inbox = yield* Queue.bounded<unknown, GuestExit>(16)
  yield* deliver(messages, inbox).pipe(
    Effect.catch(() => Effect.sync(() => exit.end("channel", "it sent what a connector cannot send"))),
    Effect.andThen(Effect.promise(() => exit.happened)),
    Effect.flatMap((how) => Queue.fail(inbox, how)),
    Effect.forkScoped,
  )
  return {
    pid: child.pid ?? -1,
    inbox,
    send: (message) =>
      Effect.callback<void>((resume) => {
        // A guest that is gone says so through its inbox.
        channel.write(messageLine(message), () => resume(Effect.void))
      }),
    stop: (signal) => void child.kill(signal),
  } satisfies Guest
})

const spawnGuest = (options: GuestOptions): ChildProcess => {
  const flags = guestFlags([options.program, ...options.readable], options.permissions, options.heap)
  // Loaded when there is a guest to start; most commands start none.
  const { spawn } = process.getBuiltinModule("node:child_process")
  const child = wholly(
    spawn(process.execPath, [...flags, options.program], {
      cwd: options.root,
      env: guestEnvironment(process.env, options.permissions),
      // A Ctrl-C in the terminal is for the host, which then ends the guest in order.
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe", "pipe", ...(options.descriptors ?? [])],
    }),
  )
  endWithHost(child)
  // Writing to a guest that is gone is no failure: its end is told through the inbox.
  child.stdio[3]?.on("error", () => {})
  return child
}

/**
 * Everything that is to be heard of a guest, from its first moment on: on a busy machine a fiber may come to it so late
 * that the guest has ended, and Node throws away what nobody has begun to read by then.
 */
const listenTo = (child: ChildProcess, options: GuestOptions) => {
  const channel = child.stdio[3] as Duplex
  const exit = watch(child, options)
  const rest = messagesOf(channel, longestMessage)
  const first = rest.next()
  // Whoever reads it is told of it.
  first.catch(() => {})
  return { child, channel, exit, messages: { first, rest } }
}

interface Messages {
  readonly first: Promise<IteratorResult<unknown>>
  readonly rest: AsyncGenerator<unknown>
}

const deliver = Effect.fnUntraced(function* ({ first, rest }: Messages, inbox: Queue.Enqueue<unknown, GuestExit>) {
  for (let begun = false; ; begun = true) {
    const next = yield* Effect.tryPromise(() => (begun ? rest.next() : first))
    if (next.done === true) return
    yield* Queue.offer(inbox, next.value)
  }
})

/** How the process ends, and ending it with a reason. */
const watch = (child: ChildProcess, { heap, onOutput }: GuestOptions) => {
  let reason: GuestExit | null = null
  let tail = ""
  const end = (why: GuestExit["why"], detail: string) => {
    reason ??= new GuestExit(why, detail)
    child.kill("SIGKILL")
  }
  const memory = watchMemory(child, heap * 2, () => end("memory", `it used more than ${heap * 2} MiB of memory`))
  child.stdout?.on("data", (chunk: Buffer) => onOutput("stdout", chunk))
  child.stdio[logDescriptor]?.on("data", (chunk: Buffer) => onOutput("log", chunk))
  child.stderr?.on("data", (chunk: Buffer) => {
    tail = (tail + chunk.toString("latin1")).slice(-4_000)
    onOutput("stderr", chunk)
  })
  // Nothing can be heard from a guest that closed its channel.
  child.stdio[3]?.once("close", () =>
    setTimeout(() => end("channel", "it closed its channel to the host"), 1_000).unref(),
  )
  const happened = new Promise<GuestExit>((resolve) => {
    child.on("error", (cause) => resolve(notStarted(cause)))
    // "close" comes after "exit", when all that it printed has arrived.
    child.on("close", (code, signal) => {
      clearInterval(memory)
      resolve(reason ?? endOf(code, signal, tail, heap))
    })
  })
  return { end, happened }
}

const notStarted = (cause: unknown): GuestExit =>
  new GuestExit("start", `its process could not be started: ${cause instanceof Error ? cause.message : String(cause)}`)

const ended = (child: ChildProcess) =>
  Effect.callback<void>((resume) => {
    const gone = () => {
      for (const stream of child.stdio) stream?.destroy()
      resume(Effect.void)
    }
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return gone()
    child.once("exit", gone)
    child.kill("SIGKILL")
  })

const endOf = (code: number | null, signal: string | null, tail: string, heap: number): GuestExit => {
  if (/heap out of memory|Reached heap limit|Array buffer allocation failed/.test(tail))
    return new GuestExit("memory", `it ran out of memory (${heap} MiB)`)
  if (signal !== null) return new GuestExit("signal", `its process was ended by ${signal}`)
  return new GuestExit("exit", `it ended its own process (exit code ${code})`)
}

/** The heap cap doesn't count buffers; where the system tells, resident memory is watched. */
const watchMemory = (child: ChildProcess, limit: number, onExcess: () => void) => {
  const timer = setInterval(() => {
    const resident = residentMiB(child.pid)
    if (resident === null) return clearInterval(timer)
    if (resident <= limit) return
    onExcess()
    clearInterval(timer)
  }, 100)
  timer.unref()
  return timer
}

const living = new Set<ChildProcess>()
let ends = false
/** A host that doesn't wait for anything any more still takes its guests with it: a busy one would never notice. */
const endWithHost = (child: ChildProcess): void => {
  living.add(child)
  child.once("exit", () => living.delete(child)).once("error", () => living.delete(child))
  if (ends) return
  ends = true
  process.on("exit", () => living.forEach((one) => one.kill("SIGKILL")))
}

let shielded = false
/** Without a handler of ours, SIGUSR1 from a guest would open the inspector of this process. */
const shieldFromSignals = (): void => {
  if (shielded || process.platform === "win32") return
  shielded = true
  process.on("SIGUSR1", () => {})
}

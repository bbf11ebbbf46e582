import { Duration, Effect, Queue } from "effect"
import { pathToFileURL } from "node:url"
import type { GuestWork, LogLine, SyncJob } from "../../services/ConnectorHost.ts"
import { ConnectorCrashed, ConnectorTimeout } from "../../services/domain/GuestError.ts"
import type { Work } from "../../services/DatasetStore.ts"
import type { OutputPlan } from "../../services/domain/OutputPlan.ts"
import { loadErrorOf, readRunMessage } from "./answers.ts"
import { importableBuiltins } from "./builtins.ts"
import { isCrashTrace } from "./crashTrace.ts"
import { explained, guestError, notOurs } from "./guestErrors.ts"
import { type Guest, type GuestExit, startGuest } from "./guestProcess.ts"
import { guestProgram } from "./guestProgram.ts"
import { Lines } from "./lines.ts"
import { LogTail } from "./logTail.ts"
import { ownServer } from "./ownServer.ts"
import { type Checkpointed, firstDescriptor, mostCheckpoints, type Net, type Renewed, type RunJob } from "./protocol.ts"

/** MiB of heap. */
const heap = 512
/** Milliseconds that a guest has left once it was told to stop, by a timeout and by whoever cancels. */
const graceOnTimeout = 2_000
const graceOnInterrupt = 1_000
/** Times that tokens are renewed for one run. */
const mostRenewals = 20
/** Milliseconds between two reports of progress, whatever the guest sends. */
const reporting = 200

/** Where the project is, and what its own server leaves there. */
export interface Place {
  readonly root: string
  readonly served: string
}

/** One run in a guest of its own, which is gone when this ends, however it ends. */
export const superviseSync = Effect.fnUntraced(function* <E>(job: SyncJob<E>, project: Place) {
  const { root } = project
  const tail = new LogTail<string>()
  const lines = linesOf((line) => {
    if (line.stream === "stderr" && isCrashTrace(line.text)) return
    tail.push(line.text)
    job.onLine(line)
  })
  const guest = yield* startGuest({
    program: yield* guestProgram,
    root,
    readable: [job.bundle.file],
    permissions: job.permissions,
    heap,
    descriptors: job.outputs.flatMap(({ fd }) => fd ?? []),
    onOutput: (stream, chunk) => lines[stream].push(chunk),
  }).pipe(Effect.mapError(crashOf(job)))
  if (guest.pid > 0) job.onStart(guest.pid)
  const server = yield* ownServer(project.served)
  return yield* converse(guest, job, root, server).pipe(
    Effect.timeoutOrElse({
      duration: Duration.millis(job.timeout),
      orElse: () =>
        stop(guest, graceOnTimeout).pipe(
          Effect.andThen(
            Effect.fail(new ConnectorTimeout({ connector: job.connector, milliseconds: Math.round(job.timeout) })),
          ),
        ),
    }),
    Effect.onInterrupt(() => stop(guest, graceOnInterrupt)),
    Effect.ensuring(Effect.sync(() => Object.values(lines).forEach((stream) => stream.flush()))),
    Effect.mapError((error) => explained(error, tail.lines)),
  )
}, Effect.scoped)

const linesOf = (onLine: SyncJob<unknown>["onLine"]): Record<LogLine["stream"], Lines> => ({
  log: new Lines((text) => onLine({ stream: "log", text })),
  stdout: new Lines((text) => onLine({ stream: "stdout", text })),
  stderr: new Lines((text) => onLine({ stream: "stderr", text })),
})

const crashOf =
  ({ connector }: SyncJob<unknown>) =>
  ({ why, detail }: GuestExit): ConnectorCrashed =>
    new ConnectorCrashed({ connector, why, detail })

/** Hands the job over and waits for the one answer, and then for the guest's end. */
const converse = Effect.fnUntraced(function* <E>(guest: Guest, job: SyncJob<E>, root: string, server: Net["server"]) {
  yield* guest.send(messageOf(job, server))
  let reported = Number.NEGATIVE_INFINITY
  let checkpoints = 0
  let renewals = 0
  let accessToken = job.credentials.tokens?.accessToken
  for (;;) {
    const message = yield* Queue.take(guest.inbox).pipe(Effect.mapError(crashOf(job)))
    const answer = readRunMessage(message)
    if (answer?.type === "progress") {
      if (performance.now() - reported < reporting) continue
      job.onProgress(answer.rows)
      reported = performance.now()
      continue
    }
    if (answer?.type === "checkpoint") {
      // A guest of ours keeps count itself.
      if (!isOf(job, answer) || ++checkpoints > mostCheckpoints) return yield* notOurs(job.connector)
      // Once begun it is done, and told to whoever asked for it, also when the run is stopped meanwhile. (While it waits
      // for others it has not begun.)
      const { checkpoint_id, outputs } = yield* Effect.uninterruptible(
        job.onCheckpoint({ outputs: answer.outputs, state: answer.state }),
      )
      yield* guest.send({ type: "checkpointed", checkpoint_id, outputs: inGuest(outputs) } satisfies Checkpointed)
      continue
    }
    if (answer?.type === "unauthorized") {
      // The guest's word for it: it may be forged, or come again and again.
      const believed = answer.accessToken === accessToken && ++renewals <= mostRenewals
      const tokens = believed ? yield* job.onUnauthorized(answer.accessToken) : null
      accessToken = tokens?.accessToken ?? accessToken
      yield* guest.send({ type: "renewed", tokens } satisfies Renewed)
      continue
    }
    // It has nothing more to do: one of ours ends by itself now, and what else it may be is not waited for.
    guest.stop("SIGKILL")
    yield* gone(guest)
    if (answer?.type === "failed") return yield* loadErrorOf(answer, job.bundle, root)
    if (answer?.type === "sync-failed") {
      job.onFailed?.(answer.far)
      return yield* guestError(answer, job, root)
    }
    if (answer === null || !isOf(job, answer)) return yield* notOurs(job.connector)
    return { outputs: answer.outputs, state: answer.state, requests: answer.requests } satisfies GuestWork
  }
})

const messageOf = (job: SyncJob<unknown>, server: Net["server"]): RunJob => ({
  type: "run",
  bundle: pathToFileURL(job.bundle.file).href,
  builtins: importableBuiltins(job.permissions),
  net: { connector: job.connector, hosts: job.permissions.net, server },
  config: job.config,
  secrets: job.credentials.secrets,
  tokens: job.credentials.tokens,
  state: job.state,
  outputs: inGuest(job.outputs),
})

/** The descriptors by the guest's own numbers. */
const inGuest = (plans: ReadonlyArray<OutputPlan>): ReadonlyArray<OutputPlan> => {
  let fd = firstDescriptor
  return plans.map((plan) => (plan.fd === null ? plan : { ...plan, fd: fd++ }))
}

/** Every output once, and a state that is an object of JSON. */
const isOf = (job: SyncJob<unknown>, { outputs, state }: Work): boolean => {
  if (outputs.length !== job.outputs.length) return false
  if (outputs.some(({ output }, at) => output !== job.outputs[at]?.output)) return false
  try {
    const value: unknown = JSON.parse(state)
    return typeof value === "object" && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

/** Until its process has ended and everything it printed has arrived. */
const gone = (guest: Guest): Effect.Effect<void> => Queue.take(guest.inbox).pipe(Effect.forever, Effect.ignore)

/** Asks it to stop, which aborts `ctx.signal`, and ends it after a while. A timer, since this must not be interrupted. */
const stop = (guest: Guest, grace: number): Effect.Effect<void> =>
  Effect.suspend(() => {
    guest.stop("SIGTERM")
    const timer = setTimeout(() => guest.stop("SIGKILL"), grace)
    return Queue.take(guest.inbox).pipe(
      // One that tells how it ended has nothing more to do.
      Effect.tap((message) => Effect.sync(() => isEnd(message) && guest.stop("SIGKILL"))),
      Effect.forever,
      Effect.ignore,
      Effect.ensuring(Effect.sync(() => clearTimeout(timer))),
    )
  })

const isEnd = (message: unknown): boolean =>
  ["failed", "sync-failed", "synced"].includes(readRunMessage(message)?.type ?? "")

import { Effect } from "effect"
import type { ChildProcess } from "node:child_process"
import { QueryCrashed, QueryFailed, QueryTooLarge } from "../../services/domain/QueryError.ts"
import { residentMiB, wholly } from "../childProcesses.ts"
import { ownFile } from "../packageRoot.ts"
import { placeIn } from "./places.ts"
import type { Ask, Reply } from "./protocol.ts"

/** MiB that the process may have resident: DuckDB's own limit doesn't count long strings. */
const MOST_RESIDENT = 1536
/** MiB of JavaScript heap. */
const HEAP = 1024

/** The process that runs DuckDB for one query. */
export interface Worker {
  /** Fails with what kept it from answering. One at a time. */
  readonly ask: <T extends Reply["type"]>(
    ask: Ask,
    expected: T,
    sql?: string,
  ) => Effect.Effect<Extract<Reply, { readonly type: T }>, QueryCrashed | QueryFailed | QueryTooLarge>
}

/** Killed with the scope. It has no environment, and is told by messages alone what there is to read. */
export const startWorker = Effect.fnUntraced(function* (scratch: string) {
  const child = yield* Effect.acquireRelease(
    Effect.try({
      try: () => wholly(start(scratch)),
      catch: (cause) => new QueryCrashed({ detail: `it could not be started: ${(cause as Error).message}` }),
    }),
    gone,
  )
  let reason: string | null = null
  let broken: Error | null = null
  let printed = ""
  // For good: a process that the system didn't start says so while nobody asks it yet.
  child.on("error", (cause) => (broken = cause))
  child.stderr?.on("data", (chunk: Buffer) => (printed = (printed + chunk.toString("latin1")).slice(-2_000)))
  const watch = setInterval(() => {
    // Where the system doesn't tell, it watches itself.
    if ((residentMiB(child.pid) ?? 0) <= MOST_RESIDENT) return
    reason = tooMuch
    child.kill("SIGKILL")
  }, 50)
  watch.unref()
  yield* Effect.addFinalizer(() => Effect.sync(() => clearInterval(watch)))

  const ask: Worker["ask"] = (ask, expected, sql = "") =>
    Effect.callback<Reply, QueryCrashed | QueryTooLarge>((resume) => {
      const answered = (reply: Reply) => done(Effect.succeed(reply))
      const ended = (code: number | null, signal: string | null) => {
        if (reason !== null || /heap out of memory|Reached heap limit/.test(printed) || isItsOwn(signal)) {
          return done(Effect.fail(new QueryTooLarge({ detail: reason ?? tooMuch })))
        }
        done(Effect.fail(new QueryCrashed({ detail: signal === null ? `exit code ${code}` : signal })))
      }
      const failed = (cause: Error): void => done(Effect.fail(new QueryCrashed({ detail: cause.message })))
      const done = (outcome: Effect.Effect<Reply, QueryCrashed | QueryTooLarge>) => {
        child.off("message", answered).off("close", ended).off("error", failed)
        resume(outcome)
      }
      child.once("message", answered).once("close", ended).once("error", failed)
      if (broken !== null) return failed(broken)
      if (child.exitCode !== null || child.signalCode !== null) return ended(child.exitCode, child.signalCode)
      // That it cannot be sent shows by its end; there is no way to where there is no process.
      if (child.connected) child.send(ask, () => {})
    }).pipe(Effect.flatMap((reply) => as(reply, expected, sql)))
  return { ask } satisfies Worker
})

const start = (scratch: string): ChildProcess => {
  const { fork } = process.getBuiltinModule("node:child_process")
  return fork(ownFile("query.mjs", "src/layers/query/child.ts"), [scratch], {
    cwd: scratch,
    env: {},
    execArgv: [`--max-old-space-size=${HEAP}`, "--disable-warning=ExperimentalWarning"],
    // A Ctrl-C in the terminal is for the host, which then ends this one.
    detached: true,
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  })
}

const as = <T extends Reply["type"]>(
  reply: Reply,
  expected: T,
  sql: string,
): Effect.Effect<Extract<Reply, { readonly type: T }>, QueryFailed | QueryTooLarge> => {
  if (reply.type === expected) return Effect.succeed(reply as Extract<Reply, { readonly type: T }>)
  if (reply.type === "tooLarge") return Effect.fail(new QueryTooLarge({ detail: reply.detail }))
  const { detail, at, candidates } =
    reply.type === "failed" ? reply : { detail: `it answered ${reply.type}`, at: null, candidates: [] }
  return Effect.fail(new QueryFailed({ ...placeIn(sql, sql === "" ? null : at), detail, candidates }))
}

const tooMuch = `it took more than ${MOST_RESIDENT} MiB of memory`

/** Nobody else kills it without saying so, but the system when it is out of memory, which comes to the same. */
const isItsOwn = (signal: string | null): boolean => signal === "SIGKILL"

const gone = (child: ChildProcess) =>
  Effect.callback<void>((resume) => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    child.kill("SIGKILL")
  })

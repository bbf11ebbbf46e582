import type { Asking } from "./asking.ts"
import { parseConfig } from "./describe.ts"
import { placeFetchErrors } from "./fetchSite.ts"
import { GuestCheckpoints } from "./guestCheckpoints.ts"
import { GuestWrites } from "./guestWrites.ts"
import { configFailure, loadConnector, type Loaded } from "./loadConnector.ts"
import type { Failed, RunJob, Synced, SyncFailed, ToHost } from "./protocol.ts"
import { never, retryOf } from "./retryable.ts"
import type { RowSchema } from "./rowChecks.ts"
import { Session } from "./session.ts"
import { NotJson, stateText } from "./stateText.ts"
import { syncContext, writeLog } from "./syncContext.ts"
import { cut, textOf } from "./thrown.ts"
import { realTime } from "./time.ts"

const { setImmediate, setInterval, setTimeout } = globalThis

/** Milliseconds between two reports of how far it is. */
const reporting = 250

/** Runs `sync(ctx)` once. Whatever it does, or has left undone in the background, ends as one answer. */
export const runSync = (
  job: RunJob,
  send: (message: ToHost) => void,
  asking: Asking,
): Promise<Synced | SyncFailed | Failed> =>
  new Promise((resolve) => {
    const writes = new GuestWrites(job.outputs)
    const failed = (thrown: unknown) => resolve(writes.failure ?? threw(thrown))
    waitForReaders()
    // What nobody awaits or catches, at the top level of the module as well.
    process.on("uncaughtException", failed)
    process.on("unhandledRejection", failed)
    let shown = 0
    setInterval(() => {
      const rows = writes.rows()
      const total = Object.values(rows).reduce((sum, count) => sum + count, 0)
      if (total !== shown) send({ type: "progress", rows })
      shown = total
    }, reporting)
    void attempt(job, writes, asking).then(resolve, failed)
  })

/** How often the connector has asked a provider, retries included. */
export interface RequestCount {
  made: number
}

/** What is printed is written at once, or waits: it must neither pile up nor be lost at the end. */
const waitForReaders = (): void => {
  for (const { _handle: handle } of [process.stdout, process.stderr] as ReadonlyArray<Printing>) {
    handle?.setBlocking?.(true)
  }
}

interface Printing {
  readonly _handle?: { readonly setBlocking?: (blocking: boolean) => unknown }
}

const attempt = async (job: RunJob, writes: GuestWrites, asking: Asking): Promise<Synced | SyncFailed | Failed> => {
  const stopping = new AbortController()
  process.on("SIGTERM", () => {
    stopping.abort()
    writes.stop(stopping.signal.reason)
  })
  const requests: RequestCount = { made: 0 }
  placeFetchErrors(requests)
  const { fetch } = globalThis
  // Enough to get from inside a library to the connector's own code.
  Error.stackTraceLimit = 50

  const loaded = await loadConnector(job)
  if ("type" in loaded) return loaded
  const config = await configOf(loaded, job)
  if ("type" in config) return config

  writes.checkBy(schemasOf(loaded))
  const checkpoints = new GuestCheckpoints(writes, (question) => asking.ask(question), job.state ?? {})
  const ask = (accessToken: string) => asking.ask({ type: "unauthorized", accessToken }).then(({ tokens }) => tokens)
  const session = new Session(job.tokens, ask)
  const around = { writes, checkpoints, signal: stopping.signal, session, time: realTime, fetch, log: writeLog }
  const ctx = syncContext(job, config.value, around)
  try {
    await (loaded.exported as { readonly sync: (given: unknown) => unknown }).sync(ctx)
  } catch (thrown) {
    return writes.failure ?? threw(thrown)
  }
  writes.close()
  await checkpoints.idle()
  await writes.idle()
  // A failure that nobody awaits shows when the event loop has come round.
  await new Promise<void>((resolve) => setTimeout(() => setImmediate(resolve), 1))
  if (writes.failure !== null) return writes.failure

  const outputs = writes.reports()
  if ("type" in outputs) return outputs
  try {
    return { type: "synced", outputs, state: stateText(ctx.state), requests: requests.made }
  } catch (thrown) {
    if (!(thrown instanceof NotJson)) return threw(thrown)
    const { site } = loaded.definition
    return { type: "sync-failed", why: "state", detail: cut(thrown.message), stack: site }
  }
}

const configOf = async (loaded: Loaded, job: RunJob): Promise<{ readonly value: unknown } | SyncFailed> => {
  const { config: schema } = loaded.exported as { readonly config?: Parameters<typeof parseConfig>[0] }
  try {
    const verdict = await parseConfig(schema, job.config)
    if (verdict.ok) return { value: schema === undefined ? undefined : verdict.value }
    const detail = verdict.issues.map(({ path, message }) => `config ${path.join(".")}: ${message}`).join("\n")
    return { type: "sync-failed", why: "threw", detail, stack: null, ...never }
  } catch (thrown) {
    return { type: "sync-failed", why: "threw", ...configFailure(thrown), ...never }
  }
}

/** Those of the outputs that declare one. */
const schemasOf = ({ exported }: Loaded): Readonly<Record<string, RowSchema>> => {
  const { outputs } = exported as { readonly outputs: Readonly<Record<string, { readonly schema?: RowSchema }>> }
  const schemas: Record<string, RowSchema> = {}
  for (const [name, { schema }] of Object.entries(outputs)) if (schema !== undefined) schemas[name] = schema
  return schemas
}

const threw = (thrown: unknown): SyncFailed => ({
  type: "sync-failed",
  why: "threw",
  ...textOf(thrown),
  ...retryOf(thrown, Date.now()),
})

import type { Far } from "../../services/ConnectorHost.ts"
import { placeFetchErrors } from "./fetchSite.ts"
import { GuestWrites } from "./guestWrites.ts"
import type { HostPort } from "./hostPort.ts"
import { isFailure } from "./isFailure.ts"
import { loadConnector } from "./loadConnector.ts"
import type { Failed, RunJob, Synced, SyncFailed } from "./protocol.ts"
import { configOf, refusedConfig } from "./syncConfig.ts"
import { writeLog } from "./syncContext.ts"
import { type RequestCount, syncOnce, threw } from "./syncOnce.ts"
import { realTime } from "./time.ts"

const { setInterval } = globalThis

/** Milliseconds between two reports of how far it is. */
const reporting = 250

/** Runs `sync(ctx)` once. Whatever it does, or has left undone in the background, ends as one answer. */
export const runSync = (job: RunJob, host: HostPort): Promise<Synced | (SyncFailed & { readonly far: Far }) | Failed> =>
  new Promise((resolve) => {
    const writes = new GuestWrites(job.outputs)
    const requests: RequestCount = { made: 0 }
    const ended = (answer: Synced | SyncFailed | Failed) =>
      resolve(
        answer.type === "sync-failed" ? { ...answer, far: { requests: requests.made, rows: writes.rows() } } : answer,
      )
    const failed = (thrown: unknown) => ended(writes.failure ?? threw(thrown, realTime))
    waitForReaders()
    // What nobody awaits or catches, at the top level of the module as well.
    process.on("uncaughtException", failed)
    process.on("unhandledRejection", failed)
    let shown = 0
    setInterval(() => {
      const rows = writes.rows()
      const total = Object.values(rows).reduce((sum, count) => sum + count, 0)
      if (total !== shown) host.tell({ type: "progress", rows })
      shown = total
    }, reporting)
    void attempt(job, writes, requests, host).then(ended, failed)
  })

/** What is printed is written at once, or waits: it must neither pile up nor be lost at the end. */
const waitForReaders = (): void => {
  for (const { _handle: handle } of [process.stdout, process.stderr] as ReadonlyArray<Printing>) {
    handle?.setBlocking?.(true)
  }
}

interface Printing {
  readonly _handle?: { readonly setBlocking?: (blocking: boolean) => unknown }
}

const attempt = async (
  job: RunJob,
  writes: GuestWrites,
  requests: RequestCount,
  host: HostPort,
): Promise<Synced | SyncFailed | Failed> => {
  const stopping = new AbortController()
  const { signal } = stopping
  process.on("SIGTERM", () => {
    stopping.abort()
    writes.stop(signal.reason)
  })
  placeFetchErrors(requests)
  const { fetch } = globalThis
  // Enough to get from inside a library to the connector's own code.
  Error.stackTraceLimit = 50

  const loaded = await loadConnector(job)
  if (isFailure(loaded)) return loaded
  const config = await configOf(loaded, job.config)
  if (isFailure(config)) return config
  if (!config.ok) return refusedConfig(config.issues)
  // Awaited here: a promise that is handed on is asked for its "then", which the connector may have replaced by now.
  return await syncOnce(loaded, config.value, job, {
    writes,
    host,
    signal,
    time: realTime,
    fetch,
    requests,
    log: writeLog,
  })
}

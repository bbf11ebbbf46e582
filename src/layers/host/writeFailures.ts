import { RowError } from "../formats/rowError.ts"
import { groundsOf } from "./grounds.ts"
import { Misuse } from "./misuse.ts"
import type { SyncFailed } from "./protocol.ts"
import { retryOf } from "./retryable.ts"
import { NotSynchronous } from "./rowChecks.ts"
import { WriteFailed } from "./stageSink.ts"
import { NotJson } from "./stateText.ts"
import { cut, framesOf, textOf } from "./thrown.ts"

const now = Date.now
const nextTurn = setImmediate

/** What failed: `call` as a reader knows it, with a space at its end; `site` was made in it, for its stack. */
export interface FailedCall {
  readonly call: string
  readonly output: string
  readonly site: Error | null
}

/** Blames a row, the call, or what the rows' own iterator threw. */
export const failureOf = (thrown: unknown, { call, output, site }: FailedCall): SyncFailed => {
  const stack = framesOf(site)
  if (RowError.is(thrown)) {
    const { row, key = null, expected, got } = thrown
    const column = thrown.column === null ? null : cut(thrown.column)
    return { type: "sync-failed", why: "row", output, row, key, column, expected, got, stack }
  }
  const failure = { type: "sync-failed", why: "threw", ...retryOf(thrown, now()), ...groundsOf(thrown) } as const
  if (thrown instanceof WriteFailed) {
    return { ...failure, detail: `the rows of output "${output}" cannot be written: ${thrown.message}`, stack: null }
  }
  if (thrown instanceof NotJson) return { type: "sync-failed", why: "state", detail: cut(thrown.message), stack }
  const { detail, stack: own } = textOf(thrown)
  if (thrown instanceof Misuse) return { ...failure, detail: call + detail, stack }
  return { ...failure, detail, stack: (own ?? "") + (stack ?? "") }
}

/** Why a schema has no verdict at once. What its own code threw, zod keeps in the promise that it answers instead. */
export const reasonOf = async ({ verdict, row, key }: NotSynchronous): Promise<unknown> => {
  const waits = new Misuse("checks rows with an asynchronous schema: only a synchronous one can")
  const settled = (async () => {
    try {
      await verdict
      return waits
    } catch (thrown) {
      const told = key === null ? "" : ` (${key})`
      return new Misuse(`has a schema that threw on row ${row + 1}${told}: ${textOf(thrown).detail}`)
    }
  })()
  // One that threw has settled by now; whatever another waits for may never come.
  return Promise.race([settled, new Promise((resolve) => nextTurn(() => resolve(waits)))])
}

import { Effect, Layer } from "effect"
import { SyncRunning } from "../../src/services/domain/SyncRunning.ts"
import { RunLocks } from "../../src/services/RunLocks.ts"

const startedAt = "2026-11-23T00:00:00.000Z"

/** `elsewhere` holds the connectors that another process runs. */
export const memoryRunLocks = (elsewhere: ReadonlyArray<string> = []) => {
  const held = new Map<string, string | null>()
  const holderOf = (connector: string) =>
    held.has(connector)
      ? { connector, pid: process.pid, startedAt, runId: held.get(connector)!, trigger: null, rows: {} }
      : null
  const guests: Array<number> = []
  const layer = Layer.succeed(RunLocks, {
    take: (connector, runId = null) =>
      Effect.acquireRelease(
        Effect.suspend(() => {
          const busy = elsewhere.includes(connector) || held.has(connector)
          if (busy) return Effect.fail(new SyncRunning({ connector, pid: 4711, startedAt, runId: null }))
          held.set(connector, runId)
          return Effect.succeed({ nameGuest: (pid: number) => void guests.push(pid), tell: () => {} })
        }),
        () => Effect.sync(() => held.delete(connector)),
      ),
    holder: (connector) => Effect.sync(() => holderOf(connector)),
    holders: Effect.sync(() => [...held.keys()].flatMap((connector) => holderOf(connector) ?? [])),
  })
  return { layer, held, guests }
}

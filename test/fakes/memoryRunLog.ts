import { Deferred, Effect, Layer } from "effect"
import { latestOf } from "../../src/layers/runs/latest.ts"
import type { LogLine } from "../../src/services/ConnectorHost.ts"
import type { Run } from "../../src/services/domain/Run.ts"
import { RunLog, UnknownRun } from "../../src/services/RunLog.ts"

/** What was recorded, oldest first, and each run's lines. */
export const memoryRunLog = () => {
  const runs: Array<Run> = []
  const lines = new Map<string, Array<LogLine>>()
  const open = new Set<string>()
  const cancels = new Map<string, Deferred.Deferred<void>>()
  const cancelOf = (runId: string) => {
    const one = cancels.get(runId) ?? Deferred.makeUnsafe<void>()
    cancels.set(runId, one)
    return one
  }
  const layer = Layer.succeed(RunLog, {
    list: (connector, limit) =>
      Effect.sync(() => runs.filter((run) => connector === null || run.connector === connector).slice(-limit)),
    latest: (connector) => Effect.sync(() => latestOf(runs.filter((run) => run.connector === connector).toReversed())),
    get: (runId) =>
      Effect.suspend(() => {
        const run = runs.findLast((one) => one.runId === runId)
        return run === undefined ? Effect.fail(new UnknownRun({ runId })) : Effect.succeed(run)
      }),
    append: (run) => Effect.sync(() => void runs.push(run)),
    open: (runId) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          open.add(runId)
          const written: Array<LogLine> = []
          lines.set(runId, written)
          return (line: LogLine) => void written.push(line)
        }),
        () => Effect.sync(() => open.delete(runId)),
      ),
    lines: () => Effect.succeed([]),
    cancelAsked: (runId) => Effect.suspend(() => Deferred.await(cancelOf(runId))),
    askCancel: (runId) => Effect.suspend(() => Deferred.succeed(cancelOf(runId), undefined)).pipe(Effect.asVoid),
    withdrawCancel: () => Effect.void,
  })
  return { layer, runs, lines, open }
}

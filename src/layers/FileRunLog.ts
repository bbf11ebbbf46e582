import { Clock, Effect, Layer } from "effect"
import { existsSync, promises as fs } from "node:fs"
import * as path from "node:path"
import { isName } from "../services/domain/Name.ts"
import type { Run } from "../services/domain/Run.ts"
import { StoreFailed } from "../services/domain/StoreError.ts"
import { Project } from "../services/Project.ts"
import { RunLog, UnknownRun } from "../services/RunLog.ts"
import { errnoOf } from "./errno.ts"
import { askCancel, cancelAsked, forgetOtherCancels, withdrawCancel } from "./runs/cancelling.ts"
import { commitLock, logFile, runsFile } from "./runs/files.ts"
import { LineWriter, readLines } from "./runs/lines.ts"
import { prune } from "./runs/pruning.ts"
import { appendLine, newestFirst, readAll, syncDirectory } from "./runs/records.ts"
import { latestOf } from "./runs/latest.ts"
import { connectorOf } from "./runs/runId.ts"
import { waitInTurn } from "./store/SqliteLocks.ts"

/** Keeps records in `.openislands/runs/<connector>.jsonl`, and each run's log beside them. */
export const layer = Layer.effect(
  RunLog,
  Effect.gen(function* () {
    const { ensure, layout, root } = yield* Project

    const told = new Set<string>()
    /** Reads a connector's records as far as it takes, and says, once, how many of them cannot be read. */
    const read = Effect.fnUntraced(function* <A>(connector: string, find: (newestFirst: Generator<Run>) => A) {
      const file = runsFile(layout, connector)
      const bytes = yield* attempt("read", file, () => readAll(file))
      let damaged = 0
      const found = find(newestFirst(bytes, () => damaged++))
      if (damaged > 0 && !told.has(file)) {
        told.add(file)
        yield* Effect.logWarning(skipped(damaged, path.relative(root, file), "no record of a run"))
      }
      return found
    })
    const ensured = (directory: string) =>
      ensure(directory).pipe(Effect.mapError(({ path, code }) => new StoreFailed({ operation: "create", path, code })))
    const underLock = <A, E>(effect: Effect.Effect<A, E>) =>
      Effect.gen(function* () {
        yield* ensured(layout.locks)
        yield* waitInTurn(commitLock(layout), "exclusive").pipe(
          Effect.mapError((error) => {
            const code = error._tag === "LockFailed" ? error.detail : error._tag
            return new StoreFailed({ operation: "lock", path: commitLock(layout), code })
          }),
        )
        // Its writing would go on without the lock.
        return yield* Effect.uninterruptible(effect)
      }).pipe(Effect.scoped)

    const connectors = attempt("list", layout.runs, async () => {
      const names = await fs.readdir(layout.runs).catch((cause: unknown) => {
        if (errnoOf(cause) === "ENOENT") return []
        throw cause
      })
      return names.filter((name) => name.endsWith(".jsonl")).map((name) => path.basename(name, ".jsonl"))
    })

    const find = Effect.fnUntraced(function* (runId: string) {
      const connector = connectorOf(runId)
      if (connector === null) return null
      return yield* read(connector, (runs) => runs.find((run) => run.runId === runId) ?? null)
    })

    return {
      list: Effect.fn("RunLog.list")(function* (connector, limit) {
        const names = connector === null ? yield* connectors : [connector]
        const runs: Array<Run> = []
        for (const name of names.filter(isName)) {
          const own = read(name, (all) => all.take(limit).toArray())
          // One that cannot be read is no reason to hide what the others did.
          runs.push(...(yield* connector === null ? orWarning(own) : own))
        }
        // Sorting is stable: runs of one connector stay in the order in which they ended.
        return (names.length === 1 ? runs : runs.toSorted(byTime)).slice(0, limit)
      }),

      latest: Effect.fn("RunLog.latest")(function* (connector) {
        return isName(connector) ? yield* read(connector, latestOf) : latestOf([])
      }),

      get: Effect.fn("RunLog.get")(function* (runId) {
        return (yield* find(runId)) ?? (yield* new UnknownRun({ runId }))
      }),

      append: Effect.fn("RunLog.append")(function* (run) {
        yield* ensured(layout.runs)
        const file = runsFile(layout, run.connector)
        const written = attempt("append to", file, async () => {
          const isNew = !existsSync(file)
          await appendLine(file, JSON.stringify(run))
          if (isNew) await syncDirectory(layout.runs)
        })
        yield* underLock(written)
      }),

      open: Effect.fn("RunLog.open")(function* (runId) {
        yield* ensured(layout.runs)
        const connector = connectorOf(runId)
        if (connector !== null) {
          yield* prune(layout, connector, underLock)
          yield* attempt("clear", layout.runs, () => forgetOtherCancels(layout, runId))
        }
        const file = logFile(layout, runId)
        const clock = yield* Clock.Clock
        const writer = yield* Effect.acquireRelease(
          Effect.try({
            try: () => new LineWriter(file, () => clock.currentTimeMillisUnsafe()),
            catch: (cause) => new StoreFailed({ operation: "write", path: file, code: errnoOf(cause) }),
          }),
          (writer) => Effect.sync(() => writer.close()),
        )
        return writer.write
      }),

      lines: Effect.fn("RunLog.lines")(function* (runId) {
        const file = logFile(layout, runId)
        const known = connectorOf(runId) !== null && (existsSync(file) || (yield* find(runId)) !== null)
        if (!known) return yield* new UnknownRun({ runId })
        const { lines, damaged } = readLines(yield* attempt("read", file, () => readAll(file)))
        if (damaged > 0)
          yield* Effect.logWarning(skipped(damaged, path.relative(root, file), "nothing that a run logged"))
        return lines
      }),

      cancelAsked: (runId) => cancelAsked(layout, runId),

      askCancel: Effect.fn("RunLog.askCancel")(function* (runId) {
        yield* ensured(layout.runs)
        yield* attempt("write to", layout.runs, async () => askCancel(layout, runId))
      }),

      withdrawCancel: (runId) => Effect.sync(() => withdrawCancel(layout, runId)),
    }
  }),
)

const attempt = <A>(operation: string, file: string, call: () => Promise<A>) =>
  Effect.tryPromise({
    try: call,
    catch: (cause) => new StoreFailed({ operation, path: file, code: errnoOf(cause) }),
  })

const skipped = (damaged: number, file: string, why: string): string =>
  `skipped ${damaged === 1 ? "1 line" : `${damaged} lines`} of ${file}: ${why}`

const orWarning = (runs: Effect.Effect<ReadonlyArray<Run>, StoreFailed>) =>
  runs.pipe(Effect.catch(({ message, suggestion }) => Effect.as(Effect.logWarning(`${message}\n  ${suggestion}`), [])))

const byTime = (a: Run, b: Run): number => (a.runId < b.runId ? 1 : a.runId > b.runId ? -1 : 0)

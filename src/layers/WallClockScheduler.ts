import { Clock, Effect, FiberSet, Layer, Metric, Queue } from "effect"
import { ConnectorCatalog } from "../services/ConnectorCatalog.ts"
import { RunLocks } from "../services/RunLocks.ts"
import { Scheduler } from "../services/Scheduler.ts"
import { type SyncEvent, SyncService } from "../services/SyncService.ts"

/** Milliseconds between two looks: timers stop while a machine sleeps, so the clock is asked instead of trusted. */
const atLeastEvery = 30_000
/** Syncs at a time; each is a process of its own. */
const atOnce = 4
/** Milliseconds before a run that left no trace, on a full disk say, is tried again. */
const untraced = 60_000

const lag = Metric.gauge("openislands_scheduler_lag_seconds", {
  description: "How long the most overdue connector that waits for its turn has been due",
})

/** Looks at what is due, starts that, and looks again: nothing is planned ahead that could be missed or come twice. */
export const layer = Layer.effect(
  Scheduler,
  Effect.gen(function* () {
    const catalog = yield* ConnectorCatalog
    const locks = yield* RunLocks
    const syncs = yield* SyncService
    const wakes = yield* Queue.sliding<void>(1)

    const run = Effect.fnUntraced(function* (onEvent: (event: SyncEvent) => void = () => {}) {
      const running = new Set<string>()
      const tried = new Map<string, number>()
      const fork = yield* FiberSet.makeRuntime()

      const start = Effect.fnUntraced(
        function* (name: string) {
          // Another process has it; its end will be seen as a change.
          if ((yield* locks.holder(name)) !== null) return
          yield* syncs.sync(name, { trigger: "schedule", onEvent })
        },
        (effect, name) =>
          effect.pipe(
            Effect.catch(({ message }) => Effect.logWarning(`"${name}" could not be started: ${message}`)),
            Effect.ensuring(
              Effect.sync(() => {
                running.delete(name)
                Queue.offerUnsafe(wakes, undefined)
              }),
            ),
          ),
      )

      for (;;) {
        const due = yield* catalog.due.pipe(
          Effect.catch(({ message }) =>
            Effect.as(Effect.logWarning(`nothing is scheduled meanwhile: ${message}`), new Map<string, never>()),
          ),
        )
        const now = yield* Clock.currentTimeMillis
        let late = 0
        let soonest = now + atLeastEvery
        for (const [name, { at }] of due) {
          if (at === null || running.has(name)) continue
          const before = tried.get(name) ?? Number.NEGATIVE_INFINITY
          const from = at <= before && before <= now ? before + untraced : at
          if (from > now) soonest = Math.min(soonest, from)
          else if (at > 0) late = Math.max(late, now - from)
          if (from <= now && running.size < atOnce) {
            running.add(name)
            tried.set(name, now)
            fork(start(name))
          }
        }
        yield* Metric.update(lag, late / 1_000)
        yield* Effect.raceFirst(Queue.take(wakes), Effect.sleep(soonest - now))
      }
    }, Effect.scoped)

    return { run, wake: Effect.sync(() => void Queue.offerUnsafe(wakes, undefined)) }
  }),
)

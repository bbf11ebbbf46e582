import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Layer, Result } from "effect"
import { TestClock } from "effect/testing"
import { dueOf, type Past } from "../../src/layers/catalog/due.ts"
import * as WallClockScheduler from "../../src/layers/WallClockScheduler.ts"
import { ConnectorCatalog } from "../../src/services/ConnectorCatalog.ts"
import type { Due } from "../../src/services/domain/Due.ts"
import { parseSchedule } from "../../src/services/domain/ConnectorSchedule.ts"
import type { Run } from "../../src/services/domain/Run.ts"
import { RunLocks } from "../../src/services/RunLocks.ts"
import { Scheduler } from "../../src/services/Scheduler.ts"
import { SyncService } from "../../src/services/SyncService.ts"

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

interface Connector {
  schedule: unknown
  past: { -readonly [K in keyof Past]: Past[K] }
  /** Milliseconds that a sync takes. */
  takes: number
  /** Whether a sync that starts then fails. */
  fails: (at: number) => boolean
  /** Nothing of it can be recorded. */
  traceless?: boolean
}

const connector = (schedule: unknown, more: Partial<Connector> = {}): Connector => ({
  schedule,
  past: { success: null, undone: null, cancelled: null, failures: null },
  takes: minute,
  fails: () => false,
  ...more,
})

/** A scheduler over connectors that are made up; what it does, and when, is kept. */
const world = (connectors: Record<string, Connector>) => {
  const runs: Array<{ readonly name: string; readonly at: number; readonly reason: string }> = []
  const seen = { atOnce: 0, most: 0, looks: 0 }
  const held = new Set<string>()
  /** As the catalog does: worked out anew when something has changed, or the clock went back. */
  let last: { readonly of: string; readonly at: number; readonly due: ReadonlyMap<string, Due> } | null = null
  const dueNow = (now: number) => {
    const of = JSON.stringify(connectors)
    if (last?.of === of && last.at <= now && now - last.at < 5 * minute) return last.due
    const due = new Map(
      Object.entries(connectors).map(([name, { schedule, past }]) => {
        const parsed = schedule === null ? null : Result.getOrThrow(parseSchedule(schedule))
        return [name, dueOf(parsed, past, now)] as const
      }),
    )
    last = { of, at: now, due }
    return due
  }
  const sync = Effect.fnUntraced(function* (name: string) {
    const one = connectors[name]!
    const at = yield* Clock.currentTimeMillis
    runs.push({ name, at, reason: dueNow(at).get(name)!.reason })
    seen.atOnce++
    seen.most = Math.max(seen.most, seen.atOnce)
    yield* Effect.sleep(one.takes)
    seen.atOnce--
    if (one.traceless === true) return {} as Run
    const { past } = one
    if (one.fails(at)) {
      const failures = {
        count: (past.failures?.count ?? 0) + 1,
        startedAt: at,
        endedAt: at + one.takes,
        runId: `${at}`,
      }
      one.past = { ...past, failures }
    } else one.past = { success: at, undone: null, cancelled: null, failures: null }
    return {} as Run
  })
  const fakes = Layer.mergeAll(
    Layer.mock(ConnectorCatalog, {
      due: Effect.map(Clock.currentTimeMillis, (now) => {
        seen.looks++
        return dueNow(now)
      }),
    }),
    Layer.mock(RunLocks, {
      holder: (name) =>
        Effect.succeed(held.has(name) ? { pid: 1, startedAt: "", runId: null, trigger: null, rows: {} } : null),
    }),
    Layer.mock(SyncService, { sync }),
  )
  const start = Effect.gen(function* () {
    const scheduler = yield* Scheduler
    yield* Effect.forkScoped(scheduler.run())
    yield* settled
    return scheduler
  }).pipe(Effect.provide(WallClockScheduler.layer.pipe(Layer.provide(fakes))))
  const times = (name: string) => runs.filter((run) => run.name === name).map((run) => run.at)
  return { runs, seen, held, start, times, connectors }
}

/** Everybody who can go on has done so. */
const settled = Effect.repeat(Effect.yieldNow, { times: 50 })

/** The machine sleeps: the clock goes on, and nothing else does. */
const suspend = (milliseconds: number) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => TestClock.setTime(now + milliseconds))

describe("the scheduler", () => {
  it.effect("runs what is overdue at once, and then at its interval, and leaves the manual ones alone", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(day)
      const { start, times } = world({
        never: connector("6h"),
        overdue: connector("6h", { past: { success: 0, undone: null, cancelled: null, failures: null } }),
        later: connector("6h", { past: { success: day - hour, undone: null, cancelled: null, failures: null } }),
        manual: connector(null),
      })
      yield* start
      yield* TestClock.adjust(day)
      const every6h = [0, 6, 12, 18, 24].map((hours) => day + hours * hour)
      assert.deepEqual(times("never"), every6h)
      assert.deepEqual(times("overdue"), every6h)
      assert.deepEqual(
        times("later"),
        [5, 11, 17, 23].map((hours) => day + hours * hour),
      )
      assert.deepEqual(times("manual"), [])
    }),
  )

  it.effect("runs four at a time, each once", () =>
    Effect.gen(function* () {
      const names = Array.from({ length: 11 }, (_, index) => `c${index}`)
      const { start, runs, seen } = world(Object.fromEntries(names.map((name) => [name, connector("6h")])))
      yield* start
      yield* TestClock.adjust(10 * minute)
      assert.sameMembers(
        runs.map(({ name }) => name),
        names,
      )
      assert.strictEqual(seen.most, 4)
    }),
  )

  it.effect("looks at once when it is woken, and in half a minute by itself", () =>
    Effect.gen(function* () {
      const made = world({ added: connector(null) })
      const scheduler = yield* made.start
      made.connectors["added"]!.schedule = "1h"
      yield* scheduler.wake
      yield* settled
      assert.lengthOf(made.runs, 1)
      yield* TestClock.adjust(2 * minute)
      made.connectors["added"]!.schedule = "1m"
      yield* TestClock.adjust("30 seconds")
      assert.lengthOf(made.runs, 2)
    }),
  )

  it.effect("leaves to another process what that is running", () =>
    Effect.gen(function* () {
      const { start, runs, held } = world({ theirs: connector("6h") })
      held.add("theirs")
      yield* start
      yield* TestClock.adjust(hour)
      assert.lengthOf(runs, 0)
      held.clear()
      yield* TestClock.adjust(2 * minute)
      assert.lengthOf(runs, 1)
    }),
  )

  it.effect("doesn't run in circles when a run leaves no trace", () =>
    Effect.gen(function* () {
      const { start, runs } = world({ lost: connector("6h", { traceless: true, takes: 0 }) })
      yield* start
      yield* TestClock.adjust(hour)
      assert.isAtMost(runs.length, 61)
      assert.isAtLeast(runs.length, 30)
    }),
  )

  it.effect("ends its syncs when it is ended", () =>
    Effect.gen(function* () {
      const { start, runs, seen } = world({ slow: connector("1h", { takes: day }) })
      yield* Effect.scoped(start)
      yield* TestClock.adjust(2 * day)
      assert.lengthOf(runs, 1)
      assert.strictEqual(seen.atOnce, 1)
    }),
  )
})

/** A small generator, so that a year can be told again by its seed. */
const randomOf = (seed: number) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  return seed / 2 ** 32
}

describe("a year", () => {
  it.effect(
    "of nights asleep, a week away, a clock set back and forward, failures, undos and restarts: no burst, no miss",
    () =>
      Effect.gen(function* () {
        const seed = Number(process.env["SEED"] ?? 20_260_101)
        const random = randomOf(seed)
        const begin = Date.parse("2026-01-01T00:00:00Z")
        yield* TestClock.setTime(begin)
        const outage = (at: number) => Math.floor((at - begin) / day) % 29 === 11
        const made = world({
          often: connector("30m", { fails: outage, takes: 20_000 }),
          sixHours: connector("6h", { fails: outage }),
          monthly: connector("30d"),
          berlin: connector({ cron: "30 2 * * *", timeZone: "Europe/Berlin" }),
          newYork: connector({ cron: "30 1 * * 0", timeZone: "America/New_York" }),
        })
        /** Spans in which the machine was on and the clock went as it should. */
        const awake: Array<{ readonly from: number; to: number }> = []
        const run = Effect.fnUntraced(function* (hours: number) {
          const from = yield* Clock.currentTimeMillis
          awake.push({ from, to: from + hours * hour })
          // A program's life: it starts, and it ends in whatever it is doing.
          yield* Effect.scoped(Effect.andThen(made.start, TestClock.adjust(hours * hour)))
          made.seen.atOnce = 0
        })
        for (let today = 0; today < 365; today++) {
          yield* run(2 + Math.floor(random() * 2))
          const chance = random()
          if (chance < 0.03) made.connectors["sixHours"]!.past.undone = yield* Clock.currentTimeMillis
          if (chance > 0.97) yield* suspend(-2 * hour)
          yield* suspend((today === 180 ? 7 * day : 0) + Math.floor((19 + random() * 4) * hour))
        }

        for (const [name, least] of Object.entries({
          often: 25 * minute,
          sixHours: 0,
          monthly: 0,
          berlin: 0,
          newYork: 0,
        })) {
          const times = made.times(name)
          const explained = made.runs.filter((one) => one.name === name)
          explained.forEach(({ at, reason }, index) => {
            const before = explained[index - 1]?.at ?? Number.NEGATIVE_INFINITY
            const told = `${name} at ${new Date(at).toISOString()} (SEED=${seed}): ${reason}`
            assert.notMatch(reason, /on request only|never:/, told)
            // Sooner than its schedule only to try again, or when the clock went back.
            if (reason.startsWith("another try")) assert.isAtLeast(at - before, 48_000, told)
            else if (at > before) assert.isAtLeast(at - before, least, told)
          })
          assert.isAbove(times.length, 5, name)
        }
        // No miss: whenever the machine was on for longer than the interval and a little, it ran in that time.
        for (const { from, to } of awake) {
          for (let start = from; start + 32 * minute <= to; start += 32 * minute) {
            const ran = made.times("often").some((at) => at >= start && at <= start + 32 * minute)
            assert.isTrue(ran, `often, between ${new Date(start).toISOString()} and 32 minutes later (SEED=${seed})`)
          }
        }
        // Every day's slot in a zone with summer time is run once, or caught up with once.
        const nights = new Set(made.times("berlin").map((at) => new Date(at).toISOString().slice(0, 10)))
        assert.isAtLeast(nights.size, 345)
        assert.isAtMost(made.times("berlin").length, nights.size + 12)
      }),
    120_000,
  )
})

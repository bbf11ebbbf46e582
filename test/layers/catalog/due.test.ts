import { Option, Result } from "effect"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { dueOf, type Past } from "../../../src/layers/catalog/due.ts"
import { parseSchedule } from "../../../src/services/domain/ConnectorSchedule.ts"

const at = (time: string) => Date.parse(`2026-03-01T${time}Z`)
const schedule = (written: unknown) => Result.getOrThrow(parseSchedule(written))
const wrong = (written: string) => Option.getOrNull(Result.getFailure(parseSchedule(written)))
const nothing: Past = { success: null, undone: null, cancelled: null, failures: null }
const due = (written: unknown, past: Partial<Past>, now: string) =>
  dueOf(schedule(written), { ...nothing, ...past }, at(now))
const failed = (count: number, startedAt: number, runId = "r", endedAt = startedAt) => ({
  failures: { count, startedAt, endedAt, runId },
})

describe("a schedule that cannot be read", () => {
  it("says how an interval is written, to whoever wrote one in words, and what is wrong with a cron expression", () => {
    for (const written of ["soon", "6hours", "6 hours", "1.5 days"]) {
      expect(wrong(written)).toBe(`"${written}" is not an interval: a number and one of s, m, h, d, w, such as 6h`)
    }
    // A time that no clock has cannot be told to anybody.
    for (const written of ["999999999w", "36501d"]) {
      expect(wrong(written)).toBe(`"${written}" is too long an interval: at most 36500d, which is a hundred years`)
    }
    expect(schedule("36500d")).toMatchObject({ milliseconds: 36_500 * 86_400_000 })
    expect(wrong("0 6 * *")).toMatch(/^"0 6 \* \*" is not a cron expression: /)
  })
})

describe("a connector is due", () => {
  it("an interval after its last success, and no later for being looked at late", () => {
    const past = { success: at("01:00:00") }
    expect(due("6h", past, "02:00:00")).toEqual({ at: at("07:00:00"), reason: "every 6h since it last succeeded" })
    expect(due("6h", past, "20:00:00")).toEqual({
      at: at("07:00:00"),
      reason: "overdue: every 6h since it last succeeded",
    })
  })

  it("at once when it has never synced", () => {
    for (const written of ["6h", "0 6 * * *"]) {
      expect(due(written, {}, "02:00:00")).toEqual({ at: 0, reason: "at once: it has never synced" })
    }
  })

  it("at the next time of a cron expression after its last success, in its zone", () => {
    const past = { success: at("01:00:00") }
    expect(due({ cron: "0 6 * * *", timeZone: "UTC" }, past, "02:00:00").at).toEqual(at("06:00:00"))
    expect(due({ cron: "0 6 * * *", timeZone: "Europe/Berlin" }, past, "02:00:00").at).toEqual(at("05:00:00"))
    expect(due({ cron: "0 6 * * *", timeZone: "UTC" }, past, "09:00:00").at).toEqual(at("06:00:00"))
  })

  it("an interval after an undo or a stop, so that neither is undone at once", () => {
    const past = { success: at("01:00:00"), undone: at("09:00:00") }
    expect(due("6h", past, "09:01:00")).toEqual({ at: at("15:00:00"), reason: "every 6h since the last rollback" })
    expect(due("6h", { ...past, cancelled: at("10:00:00") }, "11:00:00").reason).toBe("every 6h since it was stopped")
    expect(due("6h", { undone: at("09:00:00") }, "09:01:00").at).toBe(at("15:00:00"))
  })

  it("at once when the clock was set back behind what it did last", () => {
    expect(due("6h", { success: at("09:00:00") }, "08:00:00")).toMatchObject({ at: 0 })
    expect(due("6h", { success: at("09:00:00") }, "08:59:30").at).toBe(at("15:00:00"))
    expect(due("6h", { success: at("01:00:00"), ...failed(9, at("23:00:00")) }, "08:00:00").at).toBe(at("07:00:00"))
  })

  it("never by itself without a schedule", () => {
    const reason = "on request only: it has no schedule"
    expect(dueOf(null, nothing, at("00:00:00"))).toEqual({ at: null, reason })
  })
})

describe("after a failure", () => {
  it("it is tried again after a minute, then ever more slowly, each time a little different", () => {
    const pauses = [1, 2, 3, 4, 5].map(
      (count) => due("6h", failed(count, at("01:00:00")), "01:00:00").at! - at("01:00:00"),
    )
    pauses.forEach((pause, index) => {
      expect(pause).toBeGreaterThanOrEqual(0.8 * 60_000 * 2 ** index)
      expect(pause).toBeLessThanOrEqual(1.2 * 60_000 * 2 ** index)
    })
    const others = ["a", "b", "c"].map((runId) => due("6h", failed(1, at("01:00:00"), runId), "01:00:00").at)
    expect(new Set(others).size).toBe(3)
    expect(due("6h", failed(2, at("01:00:00")), "01:00:00").reason).toBe(
      "another try: it failed twice since it last succeeded",
    )
  })

  it("it is never tried later than its schedule would have it, nor sooner for failing on request", () => {
    expect(due("5m", failed(20, at("01:00:00")), "01:00:00").at).toBe(at("01:05:00"))
    const cron = { cron: "0 * * * *", timeZone: "UTC" }
    expect(due(cron, failed(20, at("01:10:00")), "01:10:00").at).toBe(at("02:00:00"))
    const early = { success: at("01:00:00"), ...failed(1, at("02:00:00")) }
    expect(due("6h", early, "02:00:00")).toEqual({
      at: at("07:00:00"),
      reason: "every 6h since it last succeeded; it was not due yet when it failed",
    })
  })

  it("it waits at most as long as the schedule, at least not at all, whatever happened", () => {
    const time = fc.integer({ min: 0, max: 4_000_000_000_000 })
    fc.assert(
      fc.property(time, time, fc.nat(100), fc.nat(3_600_000), fc.string(), (success, start, count, took, runId) => {
        const past = { ...nothing, success, ...failed(count + 1, start, runId, start + took) }
        const now = Math.max(success, start + took)
        const next = dueOf(schedule("6h"), past, now).at!
        expect(next).toBeLessThanOrEqual(Math.max(success, start) + 6 * 3_600_000)
        expect(next).toBeGreaterThanOrEqual(success)
      }),
    )
  })
})

it("a cron expression that never comes is refused, and one that comes every few years is not", () => {
  for (const cron of ["0 0 31 2 *", "0 0 30 2 *", "0 0 31 4,6,9,11 *"]) {
    for (const written of [cron, { cron, timeZone: "America/New_York" }]) {
      expect(Result.getFailure(parseSchedule(written))).toEqual(Option.some(expect.stringMatching(/never comes/)))
    }
  }
  for (const cron of ["0 0 29 2 *", "0 0 30 2 1", "30 2 29 2 *"]) {
    expect(Result.isSuccess(parseSchedule({ cron, timeZone: "Europe/Berlin" })), cron).toBe(true)
  }
})

it("a time zone that nobody knows is named", () => {
  for (const timeZone of ["Mars/Olympus", ""]) {
    const refused = Result.getFailure(parseSchedule({ cron: "0 0 * * *", timeZone }))
    expect(refused).toEqual(Option.some(expect.stringContaining(`"${timeZone}" is not a time zone`)))
  }
})

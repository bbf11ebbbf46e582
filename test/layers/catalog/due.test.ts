import { Option, Result } from "effect"
import { expect, it } from "vitest"
import { dueAt } from "../../../src/layers/catalog/due.ts"
import { parseSchedule } from "../../../src/services/domain/ConnectorSchedule.ts"

const at = (time: string) => new Date(`2026-03-01T${time}Z`)
const due = (written: unknown, lastSuccess: string | null, now: string) =>
  dueAt(Result.getOrThrow(parseSchedule(written)), lastSuccess === null ? null : at(lastSuccess), at(now))

it("an interval counts from the last success", () => {
  expect(due("6h", "01:00:00", "02:00:00")).toEqual(at("07:00:00"))
})

it("never synced and overdue are now", () => {
  expect(due("6h", null, "02:00:00")).toEqual(at("02:00:00"))
  expect(due("6h", "01:00:00", "20:00:00")).toEqual(at("20:00:00"))
  expect(due("0 6 * * *", null, "02:00:00")).toEqual(at("02:00:00"))
})

it("a cron expression is due at its next time after the last success, in its zone", () => {
  expect(due({ cron: "0 6 * * *", timeZone: "UTC" }, "01:00:00", "02:00:00")).toEqual(at("06:00:00"))
  expect(due({ cron: "0 6 * * *", timeZone: "Europe/Berlin" }, "01:00:00", "02:00:00")).toEqual(at("05:00:00"))
  expect(due({ cron: "0 6 * * *", timeZone: "UTC" }, "01:00:00", "09:00:00")).toEqual(at("09:00:00"))
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

it("manual is never due", () => {
  expect(dueAt(null, null, at("00:00:00"))).toBeNull()
})

import { Result } from "effect"
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

it("a cron expression that never comes true is never due, once it has run", () => {
  expect(due({ cron: "0 0 30 2 *", timeZone: "UTC" }, "01:00:00", "02:00:00")).toBeNull()
})

it("manual is never due", () => {
  expect(dueAt(null, null, at("00:00:00"))).toBeNull()
})

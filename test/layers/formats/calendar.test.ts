import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { isDate, isTimestamp } from "../../../src/layers/formats/calendar.ts"

const day = (text: string) => !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().slice(0, 10) === text

describe("a date", () => {
  it("is a day that the calendar has", () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.integer({ min: 0, max: 9999 }), fc.integer({ min: 0, max: 13 }), fc.integer({ min: 0, max: 32 })),
        ([y, m, d]) => {
          const text = `${String(y).padStart(4, "0")}-${String(m).padStart(2, "0")}-${String(d).padStart(2, "0")}`
          expect(isDate(text)).toBe(day(text))
        },
      ),
      { numRuns: 3000 },
    )
  })
  it.each(["2024-02-29", "2000-02-29", "0000-01-01"])("%s", (text) => expect(isDate(text)).toBe(true))
  it.each([
    "2023-02-29",
    "1900-02-29",
    "2024-1-01",
    "2024-01-0x",
    "2024/01/01",
    "20240101",
    "2024-01-01 ",
    "-024-01-01",
    "2024-01-+1",
    "",
  ])("isn't %j", (text) => expect(isDate(text)).toBe(false))
})

describe("a timestamp", () => {
  it.each([
    "2024-01-01T10:00",
    "2024-01-01 10:00",
    "2024-01-01T10:00Z",
    "2024-01-01T10:00+05:30",
    "2024-01-01T23:59:59",
    "2024-01-01T10:00:00Z",
    "2024-01-01T10:00:00-08:00",
    "2024-01-01T10:00:00.1",
    "2024-01-01T10:00:00.123456789Z",
    "2024-01-01T10:00:00.123456789+00:00",
  ])("%s", (text) => expect(isTimestamp(text)).toBe(true))
  it.each([
    "2024-01-01",
    "2024-01-01T",
    "2024-01-01T10",
    "2024-01-01T24:00",
    "2024-01-01T10:60",
    "2024-01-01T10:00:60",
    "2024-01-01T10:00:",
    "2024-01-01T10:00:0",
    "2024-01-01T10:00:00.",
    "2024-01-01T10:00:00.Z",
    "2024-01-01T10:00:00.1234567890",
    "2024-01-01T10:00:00z",
    "2024-01-01T10:00:00Zx",
    "2024-01-01T10:00:00+0530",
    "2024-01-01T10:00:00+05:60",
    "2024-01-01T10:00:00+24:00",
    "2024-02-30T10:00:00Z",
    "2024-01-01t10:00:00Z",
    "2024-01-01  10:00",
    "2024-01-01T10:00Z ",
    "a024-01-01T10:00",
  ])("isn't %j", (text) => expect(isTimestamp(text)).toBe(false))
  it("is never read past the end of a text", () => {
    const whole = "2024-01-01T10:00:00.123+05:30"
    const valid = new Set([16, 19, 21, 22, 23, 29])
    for (let at = 0; at <= whole.length; at++) expect(isTimestamp(whole.slice(0, at))).toBe(valid.has(at))
  })
})

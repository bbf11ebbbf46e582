import { describe, expect, it } from "vitest"
import { isCrashTrace } from "../../../src/layers/host/crashTrace.ts"

// As Node 24 has printed them. What it keeps of its collections has no room for all of a line: it cuts on both ends.
const traces = [
  "<--- Last few GCs --->",
  "[22092:0x3649a000]      181 ms: Scavenge 34.6 (51.8) -> 34.2 (99.8) MB, pooled: 0 MB, 11.11 / 0.00 ms  (average mu = 1.000, current mu = 1.000) allocation failure; ",
  "nt[19790:0x2215e000]     3250 ms: Mark-Compact 495.7 (531.4) -> 495.3 (531.4) MB, pooled: 0 MB, 92.08 / 0.00 ms",
  "time since start of marking 75 ms) (average mu = 0.968, current mu = 0.9[2220",
  "rent mu = 0.2, current mu = 0.107) allocation failure; scavenge might not succeed",
  "----- Native stack trace -----",
  " 1: 0x931db0  [/usr/bin/node]",
]

describe("what Node prints of its own insides", () => {
  it.each(traces)("is known: %s", (line) => {
    expect(isCrashTrace(line)).toBe(true)
  })

  it.each([
    "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
    "[1] took 20 ms: fine",
    "address 0x931db0 was asked for",
    "",
  ])("is not this, which may help: %s", (line) => {
    expect(isCrashTrace(line)).toBe(false)
  })
})

import { Result } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { dueOf, type Past } from "../../../src/layers/catalog/due.ts"
import { staleOf } from "../../../src/layers/catalog/stale.ts"
import { whyUnattended } from "../../../src/layers/catalog/unattended.ts"
import { parseSchedule } from "../../../src/services/domain/ConnectorSchedule.ts"

const directory = mkdtempSync(path.join(tmpdir(), "stale-"))
afterAll(() => rmSync(directory, { recursive: true }))
const serving = path.join(directory, "serve.json")
writeFileSync(serving, JSON.stringify({ origin: "http://127.0.0.1:1", pid: process.pid }))

const at = (time: string) => Date.parse(`2026-03-01T${time}Z`)
const nothing: Past = { success: null, undone: null, cancelled: null, failures: null }
const failed = { count: 3, startedAt: at("08:00:00"), endedAt: at("08:00:00"), runId: "r" }

interface Case {
  readonly schedule?: string | null
  readonly past?: Partial<Past>
  readonly more?: Partial<Parameters<typeof staleOf>[0]>
  readonly file?: string
}

const stale = (now: string, { schedule = "6h", past = {}, more = {}, file = serving }: Case = {}) => {
  const parsed = schedule === null ? null : Result.getOrThrow(parseSchedule(schedule))
  const all = { ...nothing, ...past }
  const due = dueOf(parsed, all, at(now))
  const facts = { schedule: parsed, past: all, loads: true, connected: true, missingSecrets: [], running: null }
  return staleOf({ ...facts, unattended: whyUnattended(due, at(now), file), ...more }, at(now))
}

const success = at("01:00:00")

describe("a connector is stale", () => {
  it("not while its data are as new as its schedule promises, whatever happened since", () => {
    expect(stale("06:59:00", { past: { success } })).toBeNull()
    expect(stale("06:59:00", { past: { success, failures: failed } })).toBeNull()
    expect(stale("06:59:00", { past: { success }, more: { connected: false, loads: false } })).toBeNull()
    // What is due begins within the minute.
    expect(stale("07:00:30", { past: { success } })).toBeNull()
    expect(stale("07:02:00", { past: { success } })).not.toBeNull()
  })

  it("never without a schedule, which promises nothing", () => {
    expect(stale("23:00:00", { schedule: null, past: { success } })).toBeNull()
    expect(stale("23:00:00", { schedule: null })).toBeNull()
  })

  it("for a cause that it says", () => {
    const late = { past: { success } }
    const why = (more: Case) => stale("09:00:00", { ...late, ...more })
    expect(why({})).toBe("it waits for its turn")
    expect(why({ past: { success, failures: failed } })).toBe("it failed 3 times since it last synced")
    expect(why({ past: { failures: failed } })).toBe("it failed 3 times and has never synced")
    expect(why({ past: { success, undone: at("08:00:00") } })).toBe("a rollback put off its next sync")
    expect(why({ past: { success, undone: at("07:00:00"), cancelled: at("08:00:00") } })).toBe("it was stopped")
    expect(why({ more: { loads: false } })).toBe("it does not load")
    expect(why({ more: { connected: false } })).toBe("it is not connected")
    expect(why({ more: { connected: false, missingSecrets: ["A", "B"] } })).toBe(".env lacks A, B")
    expect(why({ more: { past: null } })).toBe("what it did before cannot be read")
    const running = { pid: 1, startedAt: "", runId: null }
    expect(why({ more: { running } })).toBe("a sync is under way")
  })

  it("because nothing runs it, also where it failed before", () => {
    const file = path.join(directory, "nothing.json")
    const nobody = 'nothing runs it: "openislands serve" is not running'
    expect(stale("09:00:00", { past: { success }, file })).toBe(nobody)
    expect(stale("23:00:00", { past: { success, failures: failed }, file })).toBe(
      `it failed 3 times since it last synced; ${nobody}`,
    )
  })
})

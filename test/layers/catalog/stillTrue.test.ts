import { describe, expect, it } from "vitest"
import { stillTrue } from "../../../src/layers/catalog/stillTrue.ts"
import { latestOf } from "../../../src/layers/runs/latest.ts"
import type { ConnectorStatus } from "../../../src/services/domain/ConnectorStatus.ts"
import type { Run } from "../../../src/services/domain/Run.ts"
import type { Connection } from "../../../src/services/TokenService.ts"

const errorOf = (tag: string) =>
  ({ _tag: tag, message: tag, suggestion: null }) as unknown as ConnectorStatus["lastError"]
const ready: Connection = { connected: true, missingSecrets: [], shortSecrets: [], error: null }
const waits = { ...ready, connected: false }
const lacks = { ...waits, missingSecrets: ["KEY"] }

describe("an error of the last run", () => {
  it.each([
    ["MissingSecrets", lacks, true],
    ["MissingSecrets", waits, false],
    ["MissingSecrets", ready, false],
    ["NotConnected", waits, true],
    ["NotConnected", ready, false],
    ["InvalidConfig", null, true],
    ["InvalidConfig", waits, false],
    ["LoadError", ready, false],
    ["KeyMissing", ready, false],
    ["TokensUnreadable", waits, false],
    ["EnvUnreadable", waits, false],
    ["ConnectorFailed", ready, true],
    ["SchemaDrift", waits, true],
  ] as const)("%s is told with %o: %s", (tag, connection, isTold) => {
    const error = errorOf(tag)
    expect(stillTrue(error, connection)).toBe(isTold ? error : null)
  })
})

const failure = (tag: string, n: number) =>
  ({ runId: `r${n}`, outcome: "failure", error: { _tag: tag }, startedAt: "2026-01-01T00:00:00Z" }) as unknown as Run

describe("failures that make the next try wait", () => {
  it("are those of runs that began", () => {
    const tags = ["NotConnected", "ConnectorFailed", "InvalidConfig", "LoadError", "ConnectorTimeout", "MissingSecrets"]
    const { run, failed, failure: newest } = latestOf(tags.map(failure))
    expect(run?.runId).toBe("r0")
    expect([failed, newest?.runId]).toEqual([2, "r1"])
  })
})

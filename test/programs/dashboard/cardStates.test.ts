import { assert, it } from "@effect/vitest"
import { stateOf, summaryOf } from "../../../src/programs/dashboard/app/connectors/state.ts"
import type { ConnectorStatus } from "../../../src/services/domain/ConnectorStatus.ts"

const connector = (more: Partial<ConnectorStatus>) =>
  stateOf(
    {
      running: null,
      loadError: null,
      missingSecrets: [],
      connected: true,
      lastError: null,
      stale: null,
      lastSuccess: "2026-01-01T00:00:00.000Z",
      nextSync: null,
      ...more,
    } as ConnectorStatus,
    false,
  )

const cancelled = { lastError: { _tag: "SyncCancelled", message: "cancelled", suggestion: null } }

it("the summary of all connectors says of none what isn't so", () => {
  const [synced, never] = [connector({}), connector({ lastSuccess: null })]
  for (const [states, said] of [
    [[synced, synced], "All is up to date."],
    [[never], "1 of 1 not synced yet."],
    [[synced, never], "1 of 2 not synced yet."],
    // What it brought before is there still.
    [[connector(cancelled)], "All is up to date."],
    [[connector({ ...cancelled, lastSuccess: null })], "1 of 1 not synced yet."],
    [[connector({ stale: "it failed once" }), never], "1 of 2 needs your attention."],
  ] as const) {
    assert.strictEqual(summaryOf(states), said)
  }
})

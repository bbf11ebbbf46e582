import type { State } from "../../kit/context.ts"
import type { TestConnector, TestError, TestResult, TestSetup } from "../../kit/testing.ts"
import { readDefinition } from "../host/declaration.ts"
import { GuestWrites } from "../host/guestWrites.ts"
import type { HostPort } from "../host/hostPort.ts"
import { isFailure } from "../host/isFailure.ts"
import type { SyncFailed } from "../host/protocol.ts"
import { stateText } from "../host/stateText.ts"
import { type ConfigIssues, configOf } from "../host/syncConfig.ts"
import { syncOnce } from "../host/syncOnce.ts"
import { shown } from "../host/thrown.ts"
import { withStubs } from "./globals.ts"
import { MemoryTables } from "./memoryTables.ts"
import { StubbedFetch } from "./stubbedFetch.ts"
import { TestTime } from "./testTime.ts"

type Setup = TestSetup & { readonly secrets?: Readonly<Record<string, string>> }

/** `@openislands/connector-kit/testing`: the guest's own code, in the test's process and over memory. */
export const testConnector: TestConnector = (connector, ...[setup]) =>
  run(connector, (setup ?? {}) as Setup) as Promise<TestResult<any>>

const run = async (connector: unknown, setup: Setup): Promise<TestResult> => {
  const definition = readDefinition(connector)
  const { declaration } = definition
  const secrets = secretsOf(declaration.secrets, setup.secrets ?? {})
  const stubbed = new StubbedFetch(setup.fetch)
  const time = new TestTime(setup.now)
  const tables = new MemoryTables(declaration.outputs)
  const writes = new GuestWrites(tables.plans, tables.sinkOf)
  const logs: Array<string> = []
  const checkpoints: Array<TestResult["checkpoints"][number]> = []
  let state = stateText(setup.state ?? {})

  const host: HostPort = {
    tell: () => {},
    ask: (async (question: Parameters<HostPort["ask"]>[0]) => {
      if (question.type === "unauthorized")
        return { type: "renewed", tokens: setup.renew?.(question.accessToken) ?? null }
      tables.commit(question.outputs)
      state = question.state
      checkpoints.push({ rows: tables.rows(), state: JSON.parse(state) as State })
      return { type: "checkpointed", checkpoint_id: `${checkpoints.length}`, outputs: tables.plans }
    }) as HostPort["ask"],
  }
  const stopping = setup.signal ?? new AbortController().signal
  const stop = (): void => writes.stop(stopping.reason)
  if (stopping.aborted) stop()
  else stopping.addEventListener("abort", stop, { once: true })

  // A failure is told as text, as a guest would tell it; a test may want to look at what was thrown.
  let cause: unknown
  const sync = async (ctx: unknown): Promise<void> => {
    try {
      await (connector as { readonly sync: (ctx: unknown) => unknown }).sync(ctx)
    } catch (thrown) {
      cause = thrown
      throw thrown
    }
  }
  const given = {
    secrets,
    state: JSON.parse(state),
    tokens: declaration.auth === null ? null : (setup.tokens ?? { accessToken: "test-access-token" }),
  }
  const { fetch } = stubbed
  const ended = await withStubs({ fetch, now: time.isFrozen ? time.now : null }, async () => {
    const loaded = { exported: { ...(connector as object), sync }, definition }
    const config = await configOf(loaded, setup.config)
    if (isFailure(config)) return config
    if (!config.ok) throw wrongConfig(config.issues)
    return syncOnce(loaded, config.value, given, {
      writes,
      host,
      signal: stopping,
      time,
      fetch,
      requests: stubbed.count,
      log: (message) => void logs.push(shown(message)),
    })
  })
  stopping.removeEventListener("abort", stop)
  if (stubbed.mistake !== null) throw stubbed.mistake
  if (ended.type === "synced") {
    tables.commit(ended.outputs)
    state = ended.state
  }
  return {
    rows: tables.rows(),
    state: JSON.parse(state),
    logs,
    requests: stubbed.requests,
    waits: time.waits,
    checkpoints,
    ...(ended.type === "synced" ? {} : { error: errorOf(ended, cause) }),
  }
}

/** No sync starts without them. */
const secretsOf = (declared: ReadonlyArray<string>, given: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    declared.map((name) => {
      const value = given[name] ?? ""
      if (value === "") throw new TypeError(`the connector declares the secret ${name}: give it one in "secrets"`)
      return [name, value]
    }),
  )

/** None starts with a config that its schema refuses, either. */
const wrongConfig = (issues: ConfigIssues): TypeError => {
  const told = issues.map(({ path, message }) => `${["config", ...path].join(".")}: ${message}`)
  return new TypeError(`the connector's schema does not take the "config" that the test gives it: ${told.join("; ")}`)
}

const errorOf = (failed: SyncFailed, cause: unknown): TestError => {
  const { retryable, retryAfter } = failed.why === "threw" ? failed : { retryable: false, retryAfter: null }
  const error = new Error(messageOf(failed), cause === undefined ? undefined : { cause })
  return Object.assign(error, { name: "SyncFailed", why: failed.why, retryable, retryAfter })
}

/** As the runtime words it. */
const messageOf = (failed: SyncFailed): string => {
  switch (failed.why) {
    case "threw":
      return failed.detail
    case "state":
      return `ctx.state cannot be kept: ${failed.detail}`
    case "output":
      return `the connector declares no output "${failed.output}"`
    case "row": {
      const { output, row, key, column, expected, got } = failed
      const place = `row ${row + 1}${key === null ? "" : ` (${key})`} of output "${output}"`
      return `${place}${column === null ? "" : `, column "${column}"`}: expected ${expected}, got ${got}`
    }
  }
}

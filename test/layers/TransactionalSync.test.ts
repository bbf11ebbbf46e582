import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { describe } from "vitest"
import { ConnectorCrashed, ConnectorFailed, RowError } from "../../src/services/domain/GuestError.ts"
import { LoadError } from "../../src/services/domain/LoadError.ts"
import { CursorChanged, StoreFailed } from "../../src/services/domain/StoreError.ts"
import type { SyncEvent } from "../../src/services/SyncService.ts"
import { EnvUnreadable, MissingSecrets } from "../../src/services/TokenService.ts"
import { type Connectors, nothingDone } from "../fakes/connectors.ts"
import { assertAtRest, sync, syncAll, type World, world } from "../fakes/syncWorld.ts"

it.effect("a sync is one transaction, and answers the run that was committed with it", () => {
  const datasets = { rows: { output: "rows", mode: "insert", rows: 3 } } as const
  const job = { state: undefined as unknown, timeout: 0 }
  const one = {
    run: ({ state, timeout, onStart, onLine }: Parameters<NonNullable<Connectors[string]["run"]>>[0]) =>
      Effect.gen(function* () {
        Object.assign(job, { state, timeout })
        onStart(99)
        onLine({ stream: "log", text: "hello" })
        yield* TestClock.adjust("2 seconds")
        return nothingDone
      }),
  }
  const made = world({ connectors: { one }, store: { answer: { checkpoint_id: "1-a", datasets } } })
  return Effect.gen(function* () {
    const events: Array<SyncEvent> = []
    const run = yield* sync("one", (event) => events.push(event))
    assert.deepInclude(run, {
      connector: "one",
      trigger: "cli",
      startedAt: "1970-01-01T00:00:00.000Z",
      durationMs: 2_000,
      outcome: "success",
      datasets,
      checkpoint_id: "1-a",
      error: null,
    })
    assert.deepEqual(made.log.runs, [run])
    assert.deepEqual(job, { state: { cursor: 1 }, timeout: 30 * 60_000 })
    assert.deepEqual(made.locks.guests, [99])
    assert.deepEqual(made.log.lines.get(run.runId), [{ stream: "log", text: "hello" }])
    assert.deepEqual(
      made.store.begun[0]?.outputs.map(({ output }) => output),
      ["rows", "other"],
    )
    assert.deepEqual(
      events.map(({ type }) => type),
      ["started", "line", "finished"],
    )
    assertAtRest(made)
  }).pipe(Effect.provide(made.layer))
})

const failing = (error: ConnectorFailed | ConnectorCrashed | RowError) => ({
  connectors: { one: { run: () => Effect.fail(error) } },
})

describe("whatever fails becomes the error of a run that is recorded", () => {
  const failed = new ConnectorFailed({
    connector: "one",
    detail: "no",
    retryable: false,
    retryAfter: null,
    file: "connectors/one/index.ts",
    line: 3,
    column: 1,
  })
  const refused = new StoreFailed({ operation: "write", path: "/data", code: "ENOSPC" })
  const place = { output: "rows", dataset: "rows", row: 7, column: "a", expected: "integer", got: '"x"', source: null }
  const missing = { reason: "no-index", detail: "no index.ts", file: null, line: null, column: null } as const
  const worlds: Readonly<Record<string, World>> = {
    LoadError: { connectors: { one: { load: Effect.fail(new LoadError({ module: "connectors/one", ...missing })) } } },
    MissingSecrets: { tokens: { failure: new MissingSecrets({ connector: "one", missing: ["KEY"] }) } },
    EnvUnreadable: { tokens: { failure: new EnvUnreadable({ file: ".env", detail: "EISDIR" }) } },
    StoreFailed: { store: { begin: Effect.fail(refused) } },
    ConnectorFailed: failing(failed),
    ConnectorCrashed: failing(new ConnectorCrashed({ connector: "one", detail: "out of memory" })),
    RowError: failing(new RowError({ connector: "one", ...place })),
    CursorChanged: { store: { commit: Effect.fail(new CursorChanged({ connector: "one" })) } },
    InternalError: { connectors: { one: { run: () => Effect.die(new Error("a bug")) } } },
  }
  for (const [tag, given] of Object.entries(worlds)) {
    const made = world(given)
    it.effect(tag, () =>
      Effect.gen(function* () {
        const run = yield* sync("one")
        assert.deepInclude(run, { outcome: "failure", checkpoint_id: null, datasets: {} })
        const error = run.error as Readonly<Record<string, unknown>>
        assert.strictEqual(error["_tag"], tag)
        assert.isString(error["message"])
        assert.isString(error["suggestion"])
        assert.notProperty(error, "cause")
        assert.notProperty(error, "stack")
        assert.deepEqual(made.log.runs, [run])
        assert.deepEqual(made.store.commits, [])
        assertAtRest(made)
      }).pipe(Effect.provide(made.layer)),
    )
  }
})

it.effect("a bug of ours shows where in the run's log, not in its error", () => {
  const made = world({ connectors: { one: { run: () => Effect.die(new Error("a bug")) } } })
  return Effect.gen(function* () {
    const run = yield* sync("one")
    assert.notMatch(JSON.stringify(run), /TransactionalSync\.test/)
    assert.match(
      made.log.lines
        .get(run.runId)
        ?.map(({ text }) => text)
        .join("\n") ?? "",
      /TransactionalSync\.test/,
    )
  }).pipe(Effect.provide(made.layer))
})

it.effect("a connector that another process runs is skipped, and the others run", () => {
  const made = world({ connectors: { one: {}, two: {} }, elsewhere: ["one"] })
  return Effect.gen(function* () {
    const [one, two] = yield* syncAll
    assert.deepInclude(one, { connector: "one", outcome: "skipped" })
    assert.deepInclude(one?.error, { _tag: "SyncRunning", connector: "one", pid: 4711 })
    assert.deepInclude(two, { connector: "two", outcome: "success" })
    assert.lengthOf(made.log.runs, 2)
  }).pipe(Effect.provide(made.layer))
})

it.effect("one that fails doesn't keep the others from running", () => {
  const made = world({ connectors: { one: { run: () => Effect.die("bug") }, two: {}, three: {} } })
  return Effect.gen(function* () {
    const runs = yield* syncAll
    assert.deepEqual(
      runs.map(({ outcome }) => outcome),
      ["failure", "success", "success"],
    )
  }).pipe(Effect.provide(made.layer))
})

it.effect("at most four run at once", () => {
  let running = 0
  let most = 0
  const run = () =>
    Effect.gen(function* () {
      most = Math.max(most, ++running)
      yield* Effect.sleep("1 second")
      running--
      return nothingDone
    })
  const made = world({ connectors: Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`c${n}`, { run }])) })
  return Effect.gen(function* () {
    const all = yield* Effect.forkChild(syncAll)
    yield* TestClock.adjust("10 seconds")
    assert.lengthOf(yield* Fiber.join(all), 9)
    assert.strictEqual(most, 4)
  }).pipe(Effect.provide(made.layer))
})

it.effect("an unknown connector is no run", () => {
  const made = world({ connectors: { whoop: {} } })
  return Effect.gen(function* () {
    const error = yield* sync("wooop").pipe(Effect.flip)
    assert.deepInclude(error, { _tag: "UnknownConnector", didYouMean: "whoop" })
    assert.deepEqual(made.log.runs, [])
  }).pipe(Effect.provide(made.layer))
})

it.effect("a key that is no name becomes no file: its run fails, and is recorded nowhere", () => {
  const problem = new LoadError({ module: "x", reason: "no-index", detail: "", file: null, line: null, column: null })
  const made = world({ connectors: { "../../x": { load: Effect.fail(problem) } } })
  return Effect.gen(function* () {
    const [run] = yield* syncAll
    assert.strictEqual(run?.outcome, "failure")
    assert.notInclude(run?.runId, "/")
    assert.deepEqual(made.log.runs, [])
    assert.strictEqual(made.log.lines.size, 0)
  }).pipe(Effect.provide(made.layer))
})

const slow = () => {
  let started = 0
  const run = () => Effect.sync(() => started++).pipe(Effect.andThen(Effect.sleep("1 minute")), Effect.as(nothingDone))
  return { made: world({ connectors: { one: { run } } }), starts: () => started }
}

const joined = Effect.gen(function* () {
  const owner = yield* Effect.forkChild(sync("one"))
  yield* TestClock.adjust("1 second")
  const joiner = yield* Effect.forkChild(sync("one"))
  yield* TestClock.adjust("1 second")
  return { owner, joiner }
})

describe("joining", () => {
  it.effect("a second sync of a connector answers the first one's run", () => {
    const { made, starts } = slow()
    return Effect.gen(function* () {
      const both = yield* Effect.forkChild(Effect.all([sync("one"), sync("one")], { concurrency: 2 }))
      yield* TestClock.adjust("1 minute")
      const [first, second] = yield* Fiber.join(both)
      assert.strictEqual(first, second)
      assert.strictEqual(starts(), 1)
      const third = yield* Effect.forkChild(sync("one"))
      yield* TestClock.adjust("1 minute")
      assert.notStrictEqual((yield* Fiber.join(third)).runId, first.runId)
      assert.strictEqual(starts(), 2)
    }).pipe(Effect.provide(made.layer))
  })

  it.effect("who joined can leave without ending it", () => {
    const { made } = slow()
    return Effect.gen(function* () {
      const { owner, joiner } = yield* joined
      yield* Fiber.interrupt(joiner)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(owner)).outcome, "success")
    }).pipe(Effect.provide(made.layer))
  })

  it.effect("who joined a run that is interrupted is told so", () => {
    const { made } = slow()
    return Effect.gen(function* () {
      const { owner, joiner } = yield* joined
      yield* Fiber.interrupt(owner)
      const run = yield* Fiber.join(joiner)
      assert.deepInclude(run.error, { _tag: "Interrupted", connector: "one" })
      assert.deepEqual(made.log.runs, [run])
      assertAtRest(made)
    }).pipe(Effect.provide(made.layer))
  })
})

describe("interruption", () => {
  it.effect("aborts the transaction, and is recorded", () => {
    const made = world({ connectors: { one: { run: () => Effect.never } } })
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(sync("one"))
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(made.store.underWay.size, 1)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
      assert.lengthOf(made.log.runs, 1)
      assert.deepInclude(made.log.runs[0], { outcome: "failure", durationMs: 5_000 })
      assert.deepInclude(made.log.runs[0]?.error, { _tag: "Interrupted" })
      assert.deepEqual(made.store.commits, [])
      assertAtRest(made)
    }).pipe(Effect.provide(made.layer))
  })

  it.effect("that comes when the commit is done already finds a success", () =>
    Effect.gen(function* () {
      const reached = yield* Deferred.make<void>()
      const committed = Deferred.succeed(reached, void 0).pipe(Effect.andThen(Effect.never))
      const made = world({ store: { committed, answer: { checkpoint_id: "1-a" } } })
      const events: Array<SyncEvent> = []
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(sync("one", (event) => events.push(event)))
        yield* Deferred.await(reached)
        yield* Fiber.interrupt(fiber)
        assert.lengthOf(made.log.runs, 1)
        const last = events.at(-1)
        assert.isTrue(last?.type === "finished" && last.run.outcome === "success")
      }).pipe(Effect.provide(made.layer))
    }),
  )
})

const redact = (text: string) => text.replaceAll("s3cr3t-key", "[redacted]")

it.effect("a failure that trying again may mend is tried again, each time in a transaction of its own", () => {
  const busy = new ConnectorFailed({
    connector: "one",
    detail: "503 for s3cr3t-key",
    retryable: true,
    retryAfter: 60_000,
    file: null,
    line: null,
    column: null,
  })
  let tries = 0
  const run = () => Effect.suspend(() => (++tries < 3 ? Effect.fail(busy) : Effect.succeed(nothingDone)))
  const made = world({ connectors: { one: { run } }, tokens: { redact } })
  return Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(sync("one"))
    yield* TestClock.adjust("1 second")
    // Nothing of the first try is left while it waits, but nobody else may run it.
    assert.strictEqual(made.store.underWay.size, 0)
    assert.strictEqual(made.locks.held.size, 1)
    yield* TestClock.adjust("2 minutes")
    const result = yield* Fiber.join(fiber)
    assert.deepInclude(result, { outcome: "success", error: null })
    assert.lengthOf(made.store.begun, 3)
    assert.lengthOf(made.store.commits, 1)
    assert.deepEqual(made.log.runs, [result])
    assert.deepEqual(
      made.log.lines.get(result.runId)?.map(({ text }) => text),
      [2, 3].map((n) => `try ${n} of 4 in 60 s: connector "one" failed: 503 for [redacted]`),
    )
    assertAtRest(made)
  }).pipe(Effect.provide(made.layer))
})

it.effect("a sync that is interrupted while it waits to try again is over at once", () => {
  const busy = { connector: "one", detail: "busy", retryable: true, retryAfter: 600_000 }
  const error = new ConnectorFailed({ ...busy, file: null, line: null, column: null })
  const made = world({ connectors: { one: { run: () => Effect.fail(error) } } })
  return Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(sync("one"))
    yield* TestClock.adjust("1 second")
    yield* Fiber.interrupt(fiber)
    assert.deepInclude(made.log.runs[0]?.error, { _tag: "Interrupted" })
    assert.lengthOf(made.store.begun, 1)
    assertAtRest(made)
  }).pipe(Effect.provide(made.layer))
})

it.effect("secrets are taken out of lines, of errors and of what is told while it runs", () => {
  const error = new ConnectorFailed({
    connector: "one",
    detail: "401 for s3cr3t-key",
    // Where it is cut, half of a secret would stay.
    log: ["using s3cr3t-key", `${"x".repeat(496)}s3cr3t-key`, "x".repeat(501)],
    retryable: false,
    retryAfter: null,
    file: null,
    line: null,
    column: null,
  })
  const one = {
    run: ({ onLine }: Parameters<NonNullable<Connectors[string]["run"]>>[0]) =>
      Effect.sync(() => onLine({ stream: "stdout", text: "using s3cr3t-key" })).pipe(
        Effect.andThen(Effect.fail(error)),
      ),
  }
  const made = world({ connectors: { one }, tokens: { redact } })
  return Effect.gen(function* () {
    const events: Array<SyncEvent> = []
    const run = yield* sync("one", (event) => events.push(event))
    const everything = JSON.stringify([run, events, made.log.runs, [...made.log.lines]])
    assert.notInclude(everything, "s3cr3t")
    assert.deepInclude(run.error, {
      detail: "401 for [redacted]",
      log: ["using [redacted]", `${"x".repeat(496)}[red...`, `${"x".repeat(500)}...`],
    })
    assert.deepEqual(made.log.lines.get(run.runId), [{ stream: "stdout", text: "using [redacted]" }])
  }).pipe(Effect.provide(made.layer))
})

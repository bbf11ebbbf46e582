import { assert, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { describe } from "vitest"
import type { SyncJob } from "../../src/services/ConnectorHost.ts"
import type { Committed } from "../../src/services/DatasetStore.ts"
import { errorDocument } from "../../src/services/domain/ErrorDocument.ts"
import {
  ConnectorCrashed,
  ConnectorFailed,
  ConnectorTimeout,
  type GuestError,
  RowError,
  StateNotJson,
} from "../../src/services/domain/GuestError.ts"
import { RunUnfinished } from "../../src/services/domain/RunUnfinished.ts"
import { CursorChanged, EmptyReplace, StoreFailed } from "../../src/services/domain/StoreError.ts"
import { SyncService } from "../../src/services/SyncService.ts"
import { type Connectors, nothingDone } from "../fakes/connectors.ts"
import { assertAtRest, sync, world } from "../fakes/syncWorld.ts"

type Run = NonNullable<Connectors[string]["run"]>

const rows = (checkpoint_id: string | null, count: number, more: Partial<Committed> = {}): Partial<Committed> => ({
  checkpoint_id,
  datasets: { rows: { output: "rows", mode: "insert", rows: count } },
  ...more,
})

/** Asks for so many checkpoints, the n-th with this cursor. */
const checkpointing = <E>(job: SyncJob<E>, times: number) =>
  Effect.forEach(
    Array.from({ length: times }, (_, n) => n + 1),
    (page) => job.onCheckpoint({ outputs: [], state: JSON.stringify({ page }) }),
  )

/** Runs that ask for so many checkpoints first. */
const succeedingAfter =
  (times: number): Run =>
  (job) =>
    checkpointing(job, times).pipe(Effect.as(nothingDone))
const failingAfter =
  (times: number, error: GuestError): Run =>
  (job) =>
    checkpointing(job, times).pipe(Effect.andThen(Effect.fail(error)))

const place = { file: null, line: null, column: null }
const failure = new ConnectorFailed({ connector: "one", detail: "no", retryable: false, retryAfter: null, ...place })

describe("a run that commits on its way", () => {
  const missing = { dataset: "rows", column: "x", change: "missing", from: "string", to: null } as const
  const widened = { dataset: "rows", column: "y", change: "widened", from: "integer", to: "number" } as const
  const checkpoints = [
    Effect.succeed(rows("1-a", 2, { dropped: { other: 1 }, schemaChanges: [missing] })),
    Effect.succeed(rows(null, 0)),
    Effect.succeed(
      rows("2-b", 3, {
        schemaChanges: [missing, widened],
        datasets: {
          rows: { output: "rows", mode: "replace", rows: 3 },
          more: { output: "more", mode: "upsert", rows: 1 },
        },
        upserted: { more: { new: 0, changed: 1, unchanged: 0 } },
      }),
    ),
  ]
  const sums = {
    datasets: { rows: { output: "rows", mode: "insert", rows: 5 }, more: { output: "more", mode: "upsert", rows: 1 } },
    upserted: { more: { new: 0, changed: 1, unchanged: 0 } },
    dropped: { other: 1 },
    schemaChanges: [missing, widened],
    checkpoint_id: "2-b",
  } satisfies Committed

  it.effect("and succeeds is a success with the sums of all its commits", () => {
    const run = succeedingAfter(3)
    const made = world({
      connectors: { one: { run } },
      store: { checkpoints, answer: { dropped: { other: 4 } } },
    })
    return Effect.gen(function* () {
      const result = yield* sync("one")
      assert.deepInclude(result, { ...sums, outcome: "success", error: null, dropped: { other: 5 } })
      assert.deepEqual(
        made.store.checkpoints.map(({ state }) => state),
        [`{"page":1}`, `{"page":2}`, `{"page":3}`],
      )
      assert.strictEqual(made.log.runs.at(-1), result)
      assertAtRest(made)
    }).pipe(Effect.provide(made.layer))
  })

  it.effect("and fails later is partial: the error, the sums, the newest checkpoint", () => {
    const run = failingAfter(3, failure)
    const made = world({ connectors: { one: { run } }, store: { checkpoints } })
    return Effect.gen(function* () {
      const result = yield* sync("one")
      assert.deepInclude(result, { ...sums, outcome: "partial" })
      assert.deepInclude(result.error, { _tag: "ConnectorFailed", detail: "no" })
      assert.strictEqual(made.log.runs.at(-1), result)
      assert.deepEqual(made.store.commits, [])
      assertAtRest(made)
    }).pipe(Effect.provide(made.layer))
  })

  it.effect("leaves a record each time that says it had not ended, in case that it never does", () => {
    const run = succeedingAfter(3)
    const made = world({ connectors: { one: { run } }, store: { checkpoints } })
    return Effect.gen(function* () {
      const { runId } = yield* sync("one")
      const facts = made.log.runs.map(({ outcome, checkpoint_id, datasets }) => [
        outcome,
        checkpoint_id,
        datasets["rows"]?.rows,
      ])
      assert.deepEqual(facts, [
        ["partial", "1-a", 2],
        ["partial", "1-a", 2],
        ["partial", "2-b", 5],
        ["success", "2-b", 5],
      ])
      for (const record of made.log.runs.slice(0, -1)) {
        assert.strictEqual(record.runId, runId)
        const { checkpoint_id } = record
        const error = errorDocument(new RunUnfinished({ connector: "one", checkpoint_id }))
        assert.deepEqual<unknown>(record.error, error)
      }
    }).pipe(Effect.provide(made.layer))
  })

  it.effect("in vain is a failure, as nothing of it stays", () => {
    const run = failingAfter(1, failure)
    const made = world({ connectors: { one: { run } }, store: { checkpoints: [Effect.succeed(rows(null, 0))] } })
    return Effect.gen(function* () {
      const result = yield* sync("one")
      assert.deepInclude(result, { outcome: "failure", datasets: {}, checkpoint_id: null })
      assert.match((result.error as { suggestion: string }).suggestion, /^Nothing was written\./)
      assert.deepInclude(made.log.runs[0], { outcome: "failure" })
      assert.deepInclude(made.log.runs[0]?.error, { _tag: "RunUnfinished", checkpoint_id: null })
    }).pipe(Effect.provide(made.layer))
  })

  it.effect("and cannot commit again is partial with that very error", () => {
    const refused = new StoreFailed({ operation: "write", path: "/data", code: "EIO" })
    const run = succeedingAfter(2)
    const made = world({
      connectors: { one: { run } },
      store: { checkpoints: [checkpoints[0]!, Effect.fail(refused)] },
    })
    return Effect.gen(function* () {
      const result = yield* sync("one")
      assert.deepInclude(result, { outcome: "partial", checkpoint_id: "1-a" })
      assert.deepInclude(result.error, { _tag: "StoreFailed" })
    }).pipe(Effect.provide(made.layer))
  })

  it.effect("and is cancelled is partial", () =>
    Effect.gen(function* () {
      const reached = yield* Deferred.make<void>()
      const run: Run = (job) =>
        checkpointing(job, 1).pipe(Effect.andThen(Deferred.succeed(reached, undefined)), Effect.andThen(Effect.never))
      const made = world({ connectors: { one: { run } }, store: { checkpoints } })
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(sync("one"))
        yield* Deferred.await(reached)
        yield* Fiber.interrupt(fiber)
        const last = made.log.runs.at(-1)
        assert.deepInclude(last, { outcome: "partial", checkpoint_id: "1-a" })
        assert.deepInclude(last?.error, {
          _tag: "Interrupted",
          suggestion: "What was committed before stays (checkpoint 1-a). Run it again.",
        })
        assertAtRest(made)
      }).pipe(Effect.provide(made.layer))
    }),
  )
})

const check = (tag: string, run: Run, commit?: Effect.Effect<void, CursorChanged | EmptyReplace | StoreFailed>) => {
  const behaviour = { checkpoints: [Effect.succeed(rows("1-a", 1))] }
  const made = world({
    connectors: { one: { run } },
    store: commit === undefined ? behaviour : { ...behaviour, commit },
  })
  it.effect(`doesn't say that nothing was written: ${tag}`, () =>
    Effect.gen(function* () {
      const { outcome, error } = yield* sync("one")
      assert.strictEqual(outcome, "partial")
      const { message, suggestion } = error as { readonly message: string; readonly suggestion: string }
      assert.notMatch(`${message} ${suggestion}`, /nothing was/i)
      assert.match(
        suggestion,
        /^What was committed before stays \(checkpoint 1-a\)(; rows are counted from there)?\.( [^ ]|$)/,
      )
      assert.strictEqual(suggestion.includes("counted from there"), tag === "RowError")
    }).pipe(Effect.provide(made.layer)),
  )
}

describe("what an error of a partial run suggests", () => {
  const facts = { connector: "one", output: "rows", dataset: "rows", row: 1, column: "a", expected: "x", got: "y" }
  const errors = [
    failure,
    new ConnectorCrashed({ connector: "one", detail: "out of memory" }),
    new ConnectorTimeout({ connector: "one", milliseconds: 1 }),
    new RowError({ ...facts, source: null }),
    new StateNotJson({ connector: "one", detail: "x", ...place }),
  ]
  const refusals = [
    new CursorChanged({ connector: "one" }),
    new EmptyReplace({ dataset: "rows", output: "rows" }),
    new StoreFailed({ operation: "write", path: "/data", code: "EIO" }),
    new StoreFailed({ operation: "write", path: "/data", code: "ENOSPC" }),
  ]
  for (const error of errors) {
    check(error._tag, failingAfter(1, error))
  }
  for (const refused of refusals) {
    check(`${refused._tag} ${refused.message}`, succeedingAfter(1), Effect.fail(refused))
  }
  check("InternalError", (job) => checkpointing(job, 1).pipe(Effect.andThen(Effect.failCause(Cause.die("a bug")))))
})

it.effect("another try goes on from the last commit, and the sums go on", () => {
  const busy = new ConnectorFailed({ connector: "one", detail: "503", retryable: true, retryAfter: null, ...place })
  const states: Array<unknown> = []
  const run: Run = (job) =>
    Effect.suspend(() => {
      states.push(job.state)
      return checkpointing(job, states.length).pipe(
        Effect.andThen(states.length < 3 ? Effect.fail(busy) : Effect.succeed(nothingDone)),
      )
    })
  const checkpoints = Array.from({ length: 6 }, (_, n) => Effect.succeed(rows(`${n + 1}-x`, 10)))
  const made = world({ connectors: { one: { run } }, store: { checkpoints, answer: rows(null, 1) } })
  return Effect.gen(function* () {
    const full = SyncService.use((service) => service.sync("one", { trigger: "cli", full: { force: false } }))
    const fiber = yield* Effect.forkChild(full)
    yield* TestClock.adjust("10 minutes")
    const result = yield* Fiber.join(fiber)
    assert.deepInclude(result, { outcome: "success", checkpoint_id: "6-x" })
    assert.deepInclude(result.datasets["rows"], { rows: 61 })
    assert.deepEqual(states, [{ cursor: 1 }, { page: 1 }, { page: 2 }])
    // What the first try committed is not started over.
    assert.deepEqual(
      made.store.begun.map((scope) => scope.full),
      [{ force: false }, null, null],
    )
  }).pipe(Effect.provide(made.layer))
})

import { assert, it } from "@effect/vitest"
import { Effect, Exit, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import * as path from "node:path"
import { describe } from "vitest"
import * as FileRunLog from "../../src/layers/FileRunLog.ts"
import * as NodeProject from "../../src/layers/NodeProject.ts"
import { makeRunId } from "../../src/layers/runs/runId.ts"
import type { Run } from "../../src/services/domain/Run.ts"
import { RunLog } from "../../src/services/RunLog.ts"
import { temporaryProject } from "../fixtures/project.ts"

const run = (minute: number, connector: string, more: Partial<Run> = {}): Run => {
  const start = Date.UTC(2026, 0, 1, 0, minute)
  return {
    runId: makeRunId(start, connector),
    connector,
    trigger: "cli",
    startedAt: new Date(start).toISOString(),
    durationMs: 5,
    outcome: "failure",
    datasets: {},
    upserted: {},
    dropped: {},
    schemaChanges: [],
    checkpoint_id: null,
    error: null,
    ...more,
  }
}

const append = (one: Run) => RunLog.use((log) => log.append(one))
const list = (connector: string | null, limit = 1_000) => RunLog.use((log) => log.list(connector, limit))
const lines = (runId: string) => RunLog.use((log) => log.lines(runId))
const idsOf = (runs: ReadonlyArray<Run>) => runs.map(({ runId }) => runId)

const inProject = <A, E>(test: (runs: string) => Effect.Effect<A, E, RunLog | Scope.Scope>) =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const layer = FileRunLog.layer.pipe(Layer.provide(NodeProject.layerAt(root)))
    return yield* test(path.join(root, ".openislands", "runs")).pipe(Effect.provide(layer))
  })

const many = (count: number, connector: string) => Array.from({ length: count }, (_, n) => run(n, connector))
const writeAll = (directory: string, connector: string, runs: ReadonlyArray<Run>) => {
  mkdirSync(directory, { recursive: true })
  writeFileSync(path.join(directory, `${connector}.jsonl`), runs.map((one) => `${JSON.stringify(one)}\n`).join(""))
  for (const { runId } of runs) writeFileSync(path.join(directory, `${runId}.log`), "")
}
const openNext = (connector: string) => RunLog.use((log) => log.open(run(9_999, connector).runId)).pipe(Effect.scoped)

const opened = (runId: string) => RunLog.use((log) => log.open(runId))

describe("records", () => {
  it.live("come back the newest first, of one connector or of all", () =>
    inProject((directory) =>
      Effect.gen(function* () {
        assert.deepEqual(yield* list(null), [])
        const [a, b, c] = [run(1, "whoop"), run(2, "strava"), run(3, "whoop")]
        for (const one of [a, b, c]) yield* append(one)
        assert.deepEqual(yield* list(null), [c, b, a])
        assert.deepEqual(yield* list("whoop"), [c, a])
        assert.deepEqual(yield* list(null, 2), [c, b])
        assert.deepEqual(yield* list("../runs/whoop"), [])
        assert.strictEqual(readFileSync(path.join(directory, "strava.jsonl"), "utf8"), `${JSON.stringify(b)}\n`)
        assert.strictEqual(statSync(path.join(directory, "strava.jsonl")).mode & 0o777, 0o600)
      }),
    ),
  )

  it.live("are found by their id, and nothing else is", () =>
    inProject(() =>
      Effect.gen(function* () {
        const [a, b] = [run(1, "my-whoop_2"), run(2, "my-whoop_2")]
        yield* append(a)
        yield* append(b)
        assert.deepEqual(yield* RunLog.use((log) => log.get(a.runId)), a)
        for (const unknown of [makeRunId(0, "whoop"), "x", "", "../../manifest", `../${a.runId}`]) {
          assert.strictEqual((yield* RunLog.use((log) => log.get(unknown)).pipe(Effect.flip))._tag, "UnknownRun")
          assert.strictEqual((yield* lines(unknown).pipe(Effect.flip))._tag, "UnknownRun")
        }
      }),
    ),
  )

  it.live("from before upserts were counted are read as saying nothing of them", () =>
    inProject((directory) =>
      Effect.gen(function* () {
        const [old, now] = [run(1, "whoop"), run(2, "whoop", { upserted: { a: { new: 1, changed: 2, unchanged: 3 } } })]
        yield* append(now)
        const { upserted: _, ...written } = old
        writeFileSync(path.join(directory, "whoop.jsonl"), `${JSON.stringify(written)}\n${JSON.stringify(now)}\n`)
        assert.deepEqual(yield* list("whoop"), [now, old])
      }),
    ),
  )

  it.live("survive torn and damaged lines beside them", () =>
    inProject((directory) =>
      Effect.gen(function* () {
        const [a, b, c] = [run(1, "whoop"), run(2, "whoop"), run(3, "whoop")]
        const file = path.join(directory, "whoop.jsonl")
        yield* append(a)
        const timeless = JSON.stringify(run(4, "whoop", { startedAt: "soon" }))
        appendFileSync(
          file,
          `\0\0\0\n\n{"runId":1}\n${timeless}\n${JSON.stringify(b)}\n${JSON.stringify(c).slice(0, 40)}`,
        )
        assert.deepEqual(yield* list("whoop"), [b, a])
        yield* append(c)
        assert.deepEqual(yield* list("whoop"), [c, b, a])
      }),
    ),
  )

  it.live("tell when a connector last ran and last succeeded", () =>
    inProject(() =>
      Effect.gen(function* () {
        const latest = RunLog.use((log) => log.latest("whoop"))
        const none = { run: null, success: null, failed: 0, failure: null, cancelled: null }
        assert.deepEqual(yield* latest, none)
        const success = run(1, "whoop", { outcome: "success" })
        const failure = run(2, "whoop")
        for (const one of [success, failure, run(3, "whoop", { outcome: "skipped" })]) yield* append(one)
        assert.deepEqual(yield* latest, { run: failure, success, failed: 1, failure, cancelled: null })
      }),
    ),
  )

  it.live("of one run are one: the last of them", () =>
    inProject(() =>
      Effect.gen(function* () {
        const success = run(1, "whoop", { outcome: "success" })
        const early = run(2, "whoop", { outcome: "partial", checkpoint_id: "a" })
        const late = { ...early, checkpoint_id: "b" }
        const skipped = run(3, "whoop", { outcome: "skipped" })
        for (const one of [success, early, skipped, late]) yield* append(one)
        assert.deepEqual(yield* list("whoop"), [late, skipped, success])
        assert.deepEqual(yield* list(null, 2), [late, skipped])
        const latest = { run: late, success, failed: 1, failure: late, cancelled: null }
        assert.deepEqual(yield* RunLog.use((log) => log.latest("whoop")), latest)
        assert.deepEqual(yield* RunLog.use((log) => log.get(early.runId)), late)
      }),
    ),
  )

  it.live("that cannot be added because of their lock say why", () =>
    inProject((directory) =>
      Effect.gen(function* () {
        mkdirSync(path.join(directory, "../locks/commit.lock"), { recursive: true })
        const { code } = yield* append(run(1, "whoop")).pipe(Effect.flip)
        assert.include(code, "unable to open database file")
      }),
    ),
  )

  it.live("are whole when many are written at once", () =>
    inProject(() =>
      Effect.gen(function* () {
        const all = Array.from({ length: 40 }, (_, n) => run(n, "whoop"))
        yield* Effect.forEach(all, append, { concurrency: "unbounded" })
        assert.sameMembers(idsOf(yield* list("whoop")), idsOf(all))
      }),
    ),
  )
})

describe("only the newest 1,000 of a connector are kept", () => {
  it.live("with their logs; those of others stay", () =>
    inProject((directory) =>
      Effect.gen(function* () {
        const [old, others] = [many(1_101, "whoop"), many(3, "whoop-2")]
        writeAll(directory, "whoop-2", others)
        writeAll(directory, "whoop", old)
        yield* openNext("whoop")
        const kept = old.slice(-1_000)
        assert.deepEqual(idsOf(yield* list("whoop", 9_999)), idsOf(kept).toReversed())
        const logs = readdirSync(directory).filter((name) => name.endsWith(".log"))
        assert.lengthOf(logs, 1_000 + 3 + 1)
        for (const { runId } of [...kept, ...others]) assert.isTrue(existsSync(path.join(directory, `${runId}.log`)))
      }),
    ),
  )

  it.live("however often one of them has committed on its way", () =>
    inProject((directory) =>
      Effect.gen(function* () {
        const old = many(900, "whoop")
        const last = run(950, "whoop")
        const busy = Array.from({ length: 1_500 }, (_, n) => ({ ...last, checkpoint_id: `c${n}` }))
        writeAll(directory, "whoop", [...old, ...busy])
        yield* openNext("whoop")
        const kept = yield* list("whoop", 9_999)
        assert.deepEqual(idsOf(kept), idsOf([...old, last]).toReversed())
        assert.strictEqual(kept[0]?.checkpoint_id, "c1499")
        assert.lengthOf(readFileSync(path.join(directory, "whoop.jsonl"), "utf8").trimEnd().split("\n"), 901)
      }),
    ),
  )

  it.live("but the file isn't rewritten for every run, nor while a dead process's transaction is to be undone", () =>
    inProject((directory) =>
      Effect.gen(function* () {
        writeAll(directory, "whoop", many(1_100, "whoop"))
        yield* openNext("whoop")
        assert.lengthOf(yield* list("whoop", 9_999), 1_100)
        writeAll(directory, "whoop", many(1_200, "whoop"))
        const journal = path.join(directory, "..", "journal", "00000001-abcd")
        mkdirSync(journal, { recursive: true })
        yield* openNext("whoop")
        assert.lengthOf(yield* list("whoop", 9_999), 1_200)
        // Nor where nobody can tell whether there is one.
        rmSync(path.dirname(journal), { recursive: true })
        writeFileSync(path.dirname(journal), "")
        assert.deepInclude(yield* Effect.flip(openNext("whoop")), { _tag: "StoreFailed", code: "ENOTDIR" })
        assert.lengthOf(yield* list("whoop", 9_999), 1_200)
      }),
    ),
  )
})

describe("logs", () => {
  it.live("can be read while they are written", () =>
    inProject(() =>
      Effect.gen(function* () {
        const { runId } = run(1, "whoop")
        const write = yield* opened(runId)
        assert.deepEqual(yield* lines(runId), [])
        write({ stream: "log", text: 'a "quoted"\nline' })
        write({ stream: "stderr", text: "" })
        const read = yield* lines(runId)
        assert.deepEqual(
          read.map(({ stream, text }) => ({ stream, text })),
          [
            { stream: "log", text: 'a "quoted"\nline' },
            { stream: "stderr", text: "" },
          ],
        )
        assert.match(read[0]?.at ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
      }),
    ),
  )

  it.effect("say when each line came, by the clock of the run", () =>
    inProject(() =>
      Effect.gen(function* () {
        const { runId } = run(1, "whoop")
        const write = yield* opened(runId)
        yield* TestClock.adjust("90 seconds")
        write({ stream: "log", text: "one" })
        yield* TestClock.adjust("1 second")
        write({ stream: "log", text: "two" })
        const times = (yield* lines(runId)).map(({ at }) => at)
        assert.deepEqual(times, ["1970-01-01T00:01:30.000Z", "1970-01-01T00:01:31.000Z"])
      }),
    ),
  )

  it.live("are empty for a run that logged nothing", () =>
    inProject(() =>
      Effect.gen(function* () {
        const one = run(1, "whoop")
        yield* append(one)
        assert.deepEqual(yield* lines(one.runId), [])
      }),
    ),
  )

  it.live("keep 64 KB of a line, and whole characters", () =>
    inProject(() =>
      Effect.gen(function* () {
        const { runId } = run(1, "whoop")
        const write = yield* opened(runId)
        write({ stream: "log", text: `x${"é".repeat(50_000)}` })
        const cutAlready = `${"z".repeat(64 * 1024)} [123456 bytes more]`
        write({ stream: "log", text: cutAlready })
        const [line, other] = yield* lines(runId)
        assert.match(line?.text ?? "", /^xé+ \[34466 bytes more\]$/)
        assert.strictEqual(other?.text, cutAlready)
      }),
    ),
  )

  it.live("keep 10 MB of a run, and say what more there was", () =>
    inProject((directory) =>
      Effect.gen(function* () {
        const { runId } = run(1, "whoop")
        const scope = yield* Scope.make()
        const write = yield* opened(runId).pipe(Scope.provide(scope))
        for (let n = 0; n < 200; n++) write({ stream: "stdout", text: "y".repeat(64 * 1024) })
        yield* Scope.close(scope, Exit.void)
        const size = statSync(path.join(directory, `${runId}.log`)).size
        assert.isBelow(size, 10 * 1024 * 1024 + 1_000)
        const all = yield* lines(runId)
        const dropped = 200 - (all.length - 1)
        assert.include(all.at(-1)?.text, `${dropped} lines more (${dropped * 64 * 1024} bytes)`)
      }),
    ),
  )
})

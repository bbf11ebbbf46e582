import { assert, it } from "@effect/vitest"
import { Effect, Layer, Logger, type Scope } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import { DatasetStore } from "../../../src/services/DatasetStore.ts"
import type { SourceDataset } from "../../../src/services/domain/Manifest.ts"
import { History } from "../../../src/services/History.ts"
import { FaultyDisk } from "../../fixtures/faultyDisk.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetAt, storeAt, sync } from "../../fixtures/store.ts"

interface Datasets {
  readonly visits: SourceDataset
  readonly sleep: SourceDataset
}

type Act = (datasets: Datasets) => Effect.Effect<unknown, unknown, DatasetStore | History>

const syncing =
  (n: number): Act =>
  ({ visits, sleep }) =>
    sync({
      connector: "whoop",
      datasets: { visits, sleep },
      writes: { visits: { insert: [{ n }] }, sleep: { replace: [{ n }] } },
      state: { n },
    })

const rollingBack: Act = () => History.use((history) => history.rollback(null, { force: false }))

const settling: Act = ({ visits }) =>
  DatasetStore.use((store) => store.settle(visits, new Map([["n", "string"]]), { checkpoints: 9, bytes: 1 << 30 }))

const cursorOnly: Act = () => sync({ connector: "whoop", datasets: {}, writes: {}, state: { n: 2 } })

/** What each later opening of the project tells, when a process dies at the nth change of what it does. */
const diesAt = (root: string, act: Act, at: number, syncs: number) =>
  Effect.gen(function* () {
    const told: Array<string> = []
    const logger = Logger.layer([Logger.make(({ message }) => void told.push([message].flat().join(" ")))])
    const on = <A, E>(effect: Effect.Effect<A, E, DatasetStore | History>, disk: FaultyDisk) =>
      effect.pipe(Effect.provide(Layer.merge(storeAt(root, disk.layer), logger), { local: true }))
    const datasets = { visits: datasetAt(root, "data/visits.csv"), sleep: datasetAt(root, "data/sleep.jsonl") }
    for (let n = 1; n <= syncs; n++) yield* on(syncing(n)(datasets), new FaultyDisk())
    const before = contentOf(root)
    const disk = new FaultyDisk()
    disk.arm({ on: "changes", at, fault: { kind: "dies" } })
    const exit = yield* on(act(datasets), disk).pipe(Effect.exit)
    assert.deepStrictEqual(told, [])
    const look = History.use((history) => history.list)
    const list = yield* on(look, new FaultyDisk())
    const lines = told.splice(0)
    yield* on(look, new FaultyDisk())
    assert.deepStrictEqual(told, [], "it is told once")
    const isDone = list.length > syncs
    assert.strictEqual(isDone || JSON.stringify(contentOf(root)) === JSON.stringify(before), true)
    return { lines, isDone, died: exit._tag === "Failure" }
  })

const contentOf = (root: string) =>
  ["data", ".openislands/state", ".openislands/contracts"].flatMap((directory) =>
    fs.readdirSync(join(root, directory)).map((name) => [name, fs.readFileSync(join(root, directory, name), "utf8")]),
  )

/** Every line that deaths of this lead to, checkpoints and times masked. */
const linesOf = (act: Act, syncs = 1): Effect.Effect<ReadonlyArray<string>, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const seen = new Set<string>()
    // Every third tells as much: that each of them is survived, the tests of faults say.
    for (let at = 1; ; at += 3) {
      const root = yield* temporaryProject({ "manifest.json": "{}" })
      const { lines, isDone, died } = yield* diesAt(root, act, at, syncs)
      if (!died) break
      assert.isAtMost(lines.length, 1)
      for (const line of lines) {
        assert.notInclude(line, "\n")
        assert.strictEqual(/ was finished: /.test(line), isDone, line)
        seen.add(line.replace(/\d{8}-[0-9a-z]{4}/, "ID").replace(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/, "TIME"))
      }
    }
    return [...seen].toSorted()
  }).pipe(Effect.scoped)

const removed = "an unfinished transaction (ID) that had changed nothing was removed"

it.live("a sync that was cut short", () =>
  Effect.gen(function* () {
    assert.deepStrictEqual(yield* linesOf(syncing(2)), [
      'a sync of "whoop" that was cut short (checkpoint ID, TIME) was undone: visits, sleep are as they were before it',
      removed,
    ])
  }),
)

it.live("one that had moved nothing but its cursor", () =>
  Effect.gen(function* () {
    assert.deepStrictEqual(yield* linesOf(cursorOnly), [
      'a sync of "whoop" that was cut short (checkpoint ID, TIME) was undone: the cursor of "whoop" is as it was before it',
      removed,
    ])
  }),
)

it.live("a rollback, which goes on once it has begun to cut", () =>
  Effect.gen(function* () {
    const begun = "a rollback that was cut short (checkpoint ID, TIME)"
    assert.deepStrictEqual(yield* linesOf(rollingBack, 2), [
      `${begun} was finished: visits, sleep are as it was to leave them`,
      `${begun} was undone: visits, sleep are as they were before it`,
      removed,
    ])
  }),
)

it.live("a change of column types", () =>
  Effect.gen(function* () {
    assert.deepStrictEqual(yield* linesOf(settling), [
      "a change of column types that was cut short (checkpoint ID, TIME) was undone: visits is as it was before it",
      removed,
    ])
  }),
)

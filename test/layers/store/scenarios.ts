import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { writeParquet } from "../../../src/layers/formats/parquet/writeParquet.ts"
import type { DatasetStore } from "../../../src/services/DatasetStore.ts"
import type { Edit } from "../../../src/services/domain/Edits.ts"
import type { SourceDataset } from "../../../src/services/domain/Manifest.ts"
import { History } from "../../../src/services/History.ts"
import { act, open, sync } from "../../fixtures/store.ts"

export interface Project {
  readonly root: string
  readonly a: SourceDataset
  readonly b: SourceDataset
  readonly d: SourceDataset
}

export type Act<A = unknown> = (project: Project) => Effect.Effect<A, unknown, DatasetStore | History>

export const rollback = (id: string | null = null, force = false) => History.use((one) => one.rollback(id, { force }))

export const insert =
  (ids: ReadonlyArray<number>, n: number): Act =>
  ({ a }) =>
    sync({ datasets: { a }, writes: { a: { insert: ids.map((id) => ({ id, t: `row ${id}` })) } }, state: { n } })
const replace =
  (ids: ReadonlyArray<number>, n: number): Act =>
  ({ a }) =>
    sync({ datasets: { a }, writes: { a: { replace: ids.map((id) => ({ id, t: `new ${id}` })) } }, state: { n } })
const upsert =
  (ids: ReadonlyArray<number>, n: number): Act =>
  ({ a }) =>
    sync({ datasets: { a }, writes: { a: { upsert: ids.map((id) => ({ id, t: `known ${id}` })) } }, state: { n } })
/** An action; rows that are there go, change, and come. */
const byHand =
  (...edits: ReadonlyArray<Edit>): Act =>
  ({ a }) =>
    act([[a, edits]])
const gone: Edit = { mode: "delete", match: { id: 1 } }
const changed: Edit = { mode: "update", match: { id: 2 }, set: { t: "by hand" } }
const come: Edit = { mode: "insert", rows: [{ id: 9, t: "new" }] }
/** On two datasets. */
const byHandTwice: Act = ({ a, b }) =>
  act([
    [a, [gone, changed, come]],
    [b, [{ mode: "insert", rows: [{ k: "by hand", n: 1 }] }]],
  ])
/** Two checkpoints of one run; without the second it ends early. */
const inParts =
  (isWhole: boolean): Act =>
  ({ a, b }) =>
    open({
      datasets: { a, b },
      earlier: [
        { writes: { a: { insert: [{ id: 7, t: "part" }] }, b: { replace: [{ k: "p", n: 7 }] } }, state: { n: 7 } },
      ],
      writes: { a: { upsert: [1, 8].map((id) => ({ id, t: `part ${id}` })) } },
      state: { n: 8 },
    }).pipe(
      Effect.flatMap(({ commit }) => (isWhole ? commit : Effect.void)),
      Effect.scoped,
    )
export const three =
  (from: number): Act =>
  ({ a, b, d }) =>
    sync({
      datasets: { a, b, d },
      writes: {
        a: { insert: [{ id: from, t: "a" }] },
        b: { replace: [{ k: `b${from}`, n: from }] },
        d: { insert: [{ x: from, y: null }] },
      },
      state: { from },
    })
/** Another connector, which shares `b` with the first. */
export const other =
  (from: number): Act =>
  ({ b }) =>
    sync({ connector: "o", datasets: { b }, writes: { b: { insert: [{ k: `o${from}`, n: from }] } }, state: { from } })

const pruning =
  (checkpoints: number): Act =>
  ({ a }) =>
    sync({
      datasets: { a },
      writes: { a: { insert: [{ id: 5, t: "row 5" }] } },
      state: { n: 5 },
      retention: { checkpoints, bytes: 1 << 30 },
    })

const inTurn =
  (...acts: ReadonlyArray<Act>): Act =>
  (project) =>
    Effect.forEach(acts, (act) => act(project), { discard: true })
const undo: Act = () => rollback()
/** Rolls the newest rollback back. */
const redo: Act = () =>
  Effect.gen(function* () {
    const list = yield* History.use((one) => one.list)
    return yield* rollback(
      list.find(({ cause, undoneBy }) => cause.type === "rollback" && undoneBy === null)!.checkpoint_id,
    )
  })
/** So many checkpoints at once. */
const undoLast =
  (count: number): Act =>
  () =>
    Effect.gen(function* () {
      const list = yield* History.use((one) => one.list)
      yield* rollback(list[count - 1]!.checkpoint_id)
    })
const undoOldest: Act = () =>
  Effect.gen(function* () {
    const list = yield* History.use((one) => one.list)
    return yield* rollback(
      list.findLast(({ cause, undoneBy }) => cause.type === "sync" && undoneBy === null)!.checkpoint_id,
    )
  })

/** What the user brought: in text, without an end of its last line. */
const texts: Readonly<Record<string, string>> = {
  csv: "t,id\nuser,1",
  json: '[{"id":1,"t":"user"}]',
  jsonl: '{"id":1,"t":"user"}',
}
const brought: Act = ({ a }) =>
  Effect.promise(async () => {
    fs.mkdirSync(path.dirname(a.file), { recursive: true })
    if (a.format === "sqlite") {
      using db = new DatabaseSync(a.file)
      db.exec("CREATE TABLE a (t TEXT, id INTEGER); INSERT INTO a VALUES ('user', 1)")
    } else if (a.format === "parquet") {
      const staged = `${a.file}.jsonl`
      fs.writeFileSync(staged, `${texts["jsonl"]}\n`)
      const columns = [
        { name: "t", type: "string", optional: false },
        { name: "id", type: "integer", optional: false },
      ] as const
      const temporary = path.dirname(a.file)
      await writeParquet({ target: a.file, before: null, staged, contract: { columns }, previous: null, temporary })
      fs.rmSync(staged)
    } else fs.writeFileSync(a.file, texts[a.format]!)
  })

export interface Scenario {
  readonly name: string
  readonly setup: Act
  readonly act: Act
  /** Where it may also stop: what comes after the commit is done as well as may be. */
  readonly stops?: ReadonlyArray<Act>
  /** There it may also fail: what was committed by then stays. */
  readonly isInParts?: true
  /** The data is on another device. */
  readonly abroad?: true
  /** In these formats the suite loses power at every step: what is flushed too late, or never, shows there. */
  readonly everyLoss?: ReadonlyArray<string>
  /** The directory of the data; else it is "data". */
  readonly within?: string
}

export const scenarios: ReadonlyArray<Scenario> = [
  { name: "first insert", setup: () => Effect.void, act: insert([1, 2], 1), everyLoss: ["csv", "db"] },
  {
    name: "first insert, deep down",
    setup: () => Effect.void,
    act: insert([1, 2], 1),
    within: "some/where/deep",
    everyLoss: ["csv", "db"],
  },
  { name: "insert", setup: insert([1, 2], 1), act: insert([3, 4], 2), everyLoss: ["csv", "json", "db"] },
  { name: "insert behind a missing line end", setup: brought, act: insert([3, 4], 2), everyLoss: ["csv"] },
  { name: "first replace", setup: () => Effect.void, act: replace([1], 1) },
  { name: "replace", setup: insert([1, 2], 1), act: replace([7], 2), everyLoss: ["csv", "db"] },
  { name: "insert, replace and cursor over three outputs", setup: three(1), act: three(2) },
  { name: "first writes of three outputs", setup: () => Effect.void, act: three(1) },
  { name: "a column widens", setup: insert([1, 2], 1), act: insert([3.5], 2) },
  { name: "nothing new", setup: insert([1], 1), act: insert([], 1), everyLoss: ["csv"] },
  { name: "undo the first insert", setup: insert([1, 2], 1), act: undo },
  {
    name: "undo an insert",
    setup: inTurn(insert([1], 1), insert([2], 2)),
    act: undo,
    everyLoss: ["csv", "json", "db"],
  },
  { name: "undo a replace", setup: inTurn(insert([1], 1), replace([2, 3], 2)), act: undo, everyLoss: ["csv"] },
  {
    name: "undo two replaces, by which all comes back to what it is",
    setup: inTurn(replace([1], 1), replace([2, 3], 2), replace([1], 1)),
    act: undoLast(2),
  },
  {
    name: "redo two replaces, by which all comes back to what it is",
    setup: inTurn(replace([1], 1), replace([2, 3], 2), replace([1], 1), undoLast(2)),
    act: redo,
  },
  { name: "undo three outputs", setup: inTurn(three(1), three(2)), act: undo },
  {
    name: "undo many",
    setup: inTurn(three(1), other(1), replace([9], 3), insert([10], 4), three(2)),
    act: undoOldest,
  },
  {
    name: "redo an insert",
    setup: inTurn(insert([1], 1), insert([2], 2), undo),
    act: redo,
    everyLoss: ["csv", "json", "db"],
  },
  { name: "redo a replace", setup: inTurn(insert([1], 1), replace([2, 3], 2), undo), act: redo, everyLoss: ["csv"] },
  { name: "redo three outputs", setup: inTurn(three(1), three(2), undo), act: redo },
  { name: "redo many", setup: inTurn(three(1), other(1), replace([9], 3), insert([10], 4), undoOldest), act: redo },
  {
    name: "undo what was redone, and more",
    setup: inTurn(three(1), insert([5], 2), undo, insert([6], 3), undo, redo, other(1), three(2)),
    act: undoOldest,
  },
  { name: "first upsert", setup: () => Effect.void, act: upsert([2, 1, 2], 1) },
  { name: "upsert", setup: insert([1, 2, 3], 1), act: upsert([4, 2, 5], 2), everyLoss: ["db"] },
  { name: "upsert of new keys into what the user brought", setup: brought, act: upsert([3, 4], 2) },
  {
    name: "undo an upsert",
    setup: inTurn(insert([1, 2], 1), upsert([2, 3], 2)),
    act: undo,
    everyLoss: ["db"],
  },
  {
    name: "redo an upsert",
    setup: inTurn(insert([1, 2], 1), upsert([2, 3], 2), undo),
    act: redo,
  },
  { name: "first rows by hand", setup: () => Effect.void, act: byHand(come) },
  { name: "rows by hand", setup: insert([1, 2], 1), act: byHand(come), everyLoss: ["csv"] },
  { name: "rows removed by hand", setup: insert([1, 2, 3], 1), act: byHand(gone), everyLoss: ["csv", "db"] },
  {
    name: "rows changed by hand in what the user brought",
    setup: brought,
    act: byHand({ ...changed, match: { id: 1 } }),
  },
  { name: "two datasets by hand", setup: inTurn(three(1), insert([2, 3], 2)), act: byHandTwice, everyLoss: ["db"] },
  { name: "undo what was done by hand", setup: inTurn(three(1), insert([2, 3], 2), byHandTwice), act: undo },
  { name: "redo what was done by hand", setup: inTurn(three(1), insert([2, 3], 2), byHandTwice, undo), act: redo },
  {
    name: "a run in two parts",
    setup: insert([1, 2], 1),
    act: inParts(true),
    stops: [inParts(false)],
    isInParts: true,
  },
  { name: "undo a run in two parts", setup: inTurn(insert([1, 2], 1), inParts(true)), act: undo },
  { name: "redo a run in two parts", setup: inTurn(insert([1, 2], 1), inParts(true), undo), act: redo },
  { name: "first replace on another device", setup: () => Effect.void, act: replace([1], 1), abroad: true },
  {
    name: "replace on another device",
    setup: insert([1, 2], 1),
    act: replace([7], 2),
    abroad: true,
    everyLoss: ["csv"],
  },
  {
    name: "undo on another device",
    setup: inTurn(three(1), replace([2, 3], 2)),
    act: undo,
    abroad: true,
    everyLoss: ["csv"],
  },
  { name: "redo on another device", setup: inTurn(three(1), replace([2, 3], 2), undo), act: redo, abroad: true },
  {
    name: "prune",
    setup: inTurn(insert([1], 1), insert([2], 2), replace([3], 3), insert([4], 4)),
    act: pruning(2),
    stops: [pruning(3), pruning(4), pruning(5)],
    everyLoss: ["csv"],
  },
]

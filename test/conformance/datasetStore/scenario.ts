import { Effect, type Layer, Result, Stream } from "effect"
import { assert } from "vitest"
import { DatasetStore } from "../../../src/services/DatasetStore.ts"
import type { Column } from "../../../src/services/domain/Contract.ts"
import type { SourceDataset } from "../../../src/services/domain/Manifest.ts"
import type { Row } from "../../../src/services/domain/Row.ts"
import { History, type RolledBack } from "../../../src/services/History.ts"
import { sync, type SyncSpec } from "../../fixtures/store.ts"

/** A project in which nothing has happened yet, and its datasets by name. */
export interface Fresh {
  readonly layer: Layer.Layer<DatasetStore | History>
  readonly dataset: (name: string, options?: Partial<SourceDataset>) => SourceDataset
}

export type Scenario = (dataset: Fresh["dataset"]) => Effect.Effect<void, unknown, DatasetStore | History>
export type Scenarios = Readonly<Record<string, Scenario>>

type Rows = ReadonlyArray<Row>
type More = Partial<Omit<SyncSpec, "datasets" | "writes">>

/** A sync of one output, "rows". */
export const insert = (dataset: SourceDataset, rows: Rows, more: More = {}) =>
  sync({ datasets: { rows: dataset }, writes: { rows: { insert: rows } }, ...more })
export const replace = (dataset: SourceDataset, rows: Rows, more: More = {}) =>
  sync({ datasets: { rows: dataset }, writes: { rows: { replace: rows } }, ...more })

/** A timestamp as it is read: Parquet keeps the instant, not how it was written. */
export const instant = ({ format }: SourceDataset, text: string): string =>
  format === "parquet" ? new Date(text).toISOString() : text

export const batchesOf = (dataset: SourceDataset) =>
  Stream.unwrap(DatasetStore.useSync((store) => store.read(dataset))).pipe(Stream.runCollect)
export const rowsOf = (dataset: SourceDataset) => batchesOf(dataset).pipe(Effect.map((batches) => batches.flat()))

/** `name type`, with a question mark where it is optional. */
export const columnsOf = (dataset: SourceDataset) =>
  DatasetStore.use((store) => store.contract(dataset)).pipe(
    Effect.map((contract) => contract?.columns.map(told) ?? null),
  )
const told = ({ name, type, optional }: Column): string => `${name} ${type}${optional ? "?" : ""}`

/** What whoever opens a transaction is told. */
const begun = (connector: string, datasets: ReadonlyArray<SourceDataset>) =>
  DatasetStore.use((store) =>
    store.begin({
      connector,
      runId: "looking",
      outputs: datasets.map((dataset) => ({ output: dataset.name, dataset })),
      retention: { checkpoints: 100, bytes: 1 << 30 },
    }),
  ).pipe(Effect.scoped)
export const cursorOf = (connector = "c") => begun(connector, []).pipe(Effect.map(({ state }) => state))
/** What is staged as CSV takes mixes of types as text, everything else as json. */
export const mixedAs = (dataset: SourceDataset) =>
  begun("looking", [dataset]).pipe(Effect.map(({ outputs }) => (outputs[0]?.codec === "csv" ? "string" : "json")))

export const history = History.use((one) => one.list)
export const idsOf = history.pipe(Effect.map((list) => list.map(({ checkpoint_id }) => checkpoint_id)))
/** What was foreseen of it is what it did. */
export const rollback = Effect.fnUntraced(function* (checkpoint: string | null = null) {
  const { foresee, rollback, undone: lastUndone, undoneSince } = yield* History
  const foreseen = checkpoint === null ? null : yield* Effect.result(foresee(checkpoint))
  const done = yield* rollback(checkpoint, { force: false })
  const { undone, redone, datasets, turned } = done
  assert.deepEqual((yield* history)[0]?.turned, turned)
  if (foreseen !== null) assert.deepEqual(foreseen, Result.succeed({ undone, redone, datasets, turned }))
  const last = yield* lastUndone
  for (const name of ["c", ...last.keys()]) assert.strictEqual(last.get(name) ?? null, yield* undoneSince(name, 0))
  return done
})

/** Where it is told by how many rows a dataset grew, that is so; and where there was nothing before, nothing is left. */
export const demandGrown = (
  { datasets, turned }: Pick<RolledBack, "datasets" | "turned">,
  [now, then]: readonly [now: Counts, then: Counts],
) => {
  for (const [name, { grown, began }] of Object.entries(turned)) {
    const [less, more] = datasets[name]?.mode === "redo" ? [now[name]!, then[name]!] : [then[name]!, now[name]!]
    if (grown !== null) assert.strictEqual(grown, more - less, name)
    if (began) assert.strictEqual(less, 0, name)
  }
}
type Counts = Readonly<Record<string, number>>

/** Everything of these datasets, and of the history, that a user of the ports can see. */
export const lookAt = (...datasets: ReadonlyArray<SourceDataset>) =>
  Effect.all({
    rows: Effect.forEach(datasets, rowsOf),
    columns: Effect.forEach(datasets, columnsOf),
    cursor: cursorOf(),
    history,
  })
export const dataOf = (...datasets: ReadonlyArray<SourceDataset>) =>
  lookAt(...datasets).pipe(Effect.map(({ rows, columns, cursor }) => ({ rows, columns, cursor })))

/** Undone it is what it was, and redone what it became. */
export const demandTurnable = Effect.fnUntraced(function* (dataset: SourceDataset, before: unknown) {
  const after = yield* dataOf(dataset)
  const { checkpoint_id } = yield* rollback()
  assert.deepStrictEqual(yield* dataOf(dataset), before)
  yield* rollback(checkpoint_id)
  assert.deepStrictEqual(yield* dataOf(dataset), after)
})

export const tagOf = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.flip,
    Effect.map(({ _tag }) => _tag),
  )

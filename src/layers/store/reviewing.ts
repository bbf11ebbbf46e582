import { Effect, Stream } from "effect"
import type { Codec, Contract } from "../../services/domain/Contract.ts"
import type { OutputPlan } from "../../services/domain/OutputPlan.ts"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import type { DatasetReview } from "../../services/domain/Preview.ts"
import type { Row } from "../../services/domain/Row.ts"
import type { Mode } from "../../services/domain/Run.ts"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import { DuplicateKey, RowRefused, StagingCorrupt, StoreFailed } from "../../services/domain/StoreError.ts"
import type { KeyTally } from "./keyTally.ts"
import type { MergeRule } from "./merging.ts"
import { stagedRows } from "./stagedRows.ts"
import { demandKey } from "./upserting.ts"

const sampleSize = 5

export interface Arriving<E, R> {
  readonly dataset: SourceDataset
  readonly report: OutputReport & { readonly mode: Mode }
  readonly codec: Codec
  /** What was staged, from its beginning each time. */
  readonly chunks: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>
  /** As it would be from then on. */
  readonly contract: Contract
  readonly key: OutputPlan["key"]
  /** The dataset as it is. */
  readonly there: Stream.Stream<ReadonlyArray<Row>, E, R>
  /** Of the output, for the whole run. */
  readonly tally: KeyTally
}

/** What rows would do to their dataset. */
export const reviewRows = Effect.fnUntraced(function* <E, R>(arriving: Arriving<E, R>) {
  const { dataset, report, contract, codec, key, there, tally } = arriving
  const { output, mode, rows } = report
  const staged = () =>
    Stream.fromAsyncIterable(
      stagedRows(codec, report, arriving.chunks(), contract),
      (cause) => new StagingCorrupt({ output, detail: cause instanceof Error ? cause.message : String(cause) }),
    )
  const sample = yield* staged().pipe(Stream.flatMap(Stream.fromIterable), Stream.take(sampleSize), Stream.runCollect)
  const shape = {
    columns: contract.columns.map(({ name, type }) => ({ name, type })),
    sample: sample.map(shownRow),
  }
  if (mode === "insert")
    return { output, mode, rows, inserted: rows, replaced: 0, merged: 0, ...shape } satisfies DatasetReview
  if (mode === "replace") {
    const replaced = yield* there.pipe(
      Stream.runFold(
        () => 0,
        (count, batch) => count + batch.length,
      ),
    )
    return { output, mode, rows, inserted: rows, replaced, merged: 0, ...shape } satisfies DatasetReview
  }
  const known = yield* demandKey(output, key)
  const rule = { contract, key: known, instants: dataset.format === "parquet", dataset: dataset.name, output }
  const { inserted, merged } = yield* count(tally, rule, staged(), there)
  // A key that was written twice is one row.
  return { output, mode, rows: inserted + merged, inserted, replaced: 0, merged, ...shape } satisfies DatasetReview
})

/** What a row is refused for is an error like any other. */
const judged = (judge: () => void) =>
  Effect.try({ try: judge, catch: (cause) => cause }).pipe(
    Effect.catch((cause) =>
      cause instanceof DuplicateKey || cause instanceof RowRefused || cause instanceof StoreFailed
        ? Effect.fail(cause)
        : Effect.die(cause),
    ),
  )

const count = Effect.fnUntraced(function* <E, E2, R>(
  tally: KeyTally,
  rule: MergeRule,
  staged: Stream.Stream<ReadonlyArray<Row>, E2>,
  there: Stream.Stream<ReadonlyArray<Row>, E, R>,
) {
  tally.beginPart()
  yield* staged.pipe(Stream.runForEach((rows) => judged(() => tally.bring(rows, rule))))
  let row = 0
  yield* there.pipe(
    Stream.runForEach((rows) =>
      judged(() => {
        tally.meet(rows, rule, row)
        row += rows.length
      }),
    ),
  )
  return tally.counts
})

/** Rows that don't fit: those before the first that doesn't, and the columns as the rows have them. */
export const reviewDrifted = Effect.fnUntraced(function* ({
  report,
  codec,
  chunks,
}: Pick<Arriving<never, never>, "report" | "codec" | "chunks">) {
  const { output, mode, rows } = report
  const columns = report.columns.map(({ name, type }) => ({ name, type, optional: true }))
  // Nothing is staged any more once a row has drifted, and the end may be half a row.
  const sample = yield* Stream.fromAsyncIterable(stagedRows(codec, report, chunks(), { columns }), () => null).pipe(
    Stream.catch(() => Stream.empty),
    Stream.flatMap(Stream.fromIterable),
    Stream.take(sampleSize),
    Stream.runCollect,
  )
  return {
    output,
    mode,
    rows,
    inserted: 0,
    replaced: 0,
    merged: 0,
    columns: columns.map(({ name, type }) => ({ name, type })),
    sample: sample.map(shownRow),
  } satisfies DatasetReview
})

type Sample = DatasetReview["sample"][number]

const shownRow = (row: Row): Sample => shown(row) as Sample

/** Integers that a JSON number doesn't hold are told as text. `fromEntries` takes any name for a key, `__proto__` too. */
const shown = (value: unknown): unknown => {
  if (typeof value === "bigint") return String(value)
  if (Array.isArray(value)) return value.map(shown)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shown(inner)]))
}

import { Effect, Stream } from "effect"
import type { Codec, Column, Contract } from "../../services/domain/Contract.ts"
import type { OutputPlan } from "../../services/domain/OutputPlan.ts"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import { type DatasetReview, sampleSize } from "../../services/domain/Preview.ts"
import type { Row } from "../../services/domain/Row.ts"
import type { Mode } from "../../services/domain/Run.ts"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import type { SchemaDrift } from "../../services/domain/SchemaDrift.ts"
import { StagingCorrupt } from "../../services/domain/StoreError.ts"
import { join, widen } from "../formats/settle.ts"
import { bitOfType } from "../formats/values.ts"
import type { KeyTally } from "./keyTally.ts"
import { isRefusal, type MergeRule } from "./merging.ts"
import { stagedRows } from "./stagedRows.ts"
import { demandKey } from "./upserting.ts"

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
  const columns = contract.columns.map(({ name, type }) => ({ name, type }))
  const facts = { output, mode, columns, replaced: 0, merged: 0, unchanged: 0, misfit: null } as const
  if (mode === "upsert") {
    const known = yield* demandKey(output, key)
    const rule = { contract, key: known, instants: dataset.format === "parquet", dataset: dataset.name, output }
    const { new: inserted, changed, unchanged } = yield* count(tally, rule, staged(), there)
    const merged = changed + unchanged
    const { rows: sample, more } = tally.sample
    const counts = { rows: inserted + merged, inserted, merged, unchanged, more }
    return { ...facts, ...counts, sample: sample.map(shownRow) } satisfies DatasetReview
  }
  const sample = yield* staged().pipe(Stream.flatMap(Stream.fromIterable), Stream.take(sampleSize), Stream.runCollect)
  const shown = { sample: sample.map(shownRow), more: rows - sample.length }
  const replaced =
    mode === "insert"
      ? 0
      : yield* there.pipe(
          Stream.runFold(
            () => 0,
            (count, batch) => count + batch.length,
          ),
        )
  return { ...facts, rows, inserted: rows, replaced, ...shown } satisfies DatasetReview
})

/** What a row is refused for is an error like any other. */
const judged = (judge: () => void) =>
  Effect.try({ try: judge, catch: (cause) => cause }).pipe(
    Effect.catch((cause) => (isRefusal(cause) ? Effect.fail(cause) : Effect.die(cause))),
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

interface Drifted extends Pick<Arriving<never, never>, "report" | "codec" | "chunks"> {
  readonly drift: SchemaDrift
  /** Of the dataset as it is. */
  readonly contract: Contract | null
}

/** Rows that don't fit: those before the first that doesn't, that one, and the columns as all rows have them. */
export const reviewDrifted = Effect.fnUntraced(function* ({ report, codec, chunks, contract, drift }: Drifted) {
  const { output, mode, rows } = report
  const read = (columns: ReadonlyArray<Column>, from: number, most: number) =>
    // Nothing is staged any more once a row has drifted.
    Stream.fromAsyncIterable(stagedRows(codec, report, chunks(), { columns }, from), () => null).pipe(
      Stream.catch(() => Stream.empty),
      Stream.flatMap(Stream.fromIterable),
      Stream.take(most),
      Stream.runCollect,
    )
  const first = firstMisfit(drift)
  const before = first?.row ?? rows
  const there = new Map(contract?.columns.map((column) => [column.name, column]))
  const fitting = report.columns.map((column) => columnBefore(before, column, there, codec))
  const sample = yield* read(fitting, 0, Math.min(sampleSize, before))
  let misfit: DatasetReview["misfit"] = null
  if (first !== null) {
    const columns = report.columns.map((column) => columnIn(first, column, there, codec))
    const [values] = yield* read(columns, first.row, 1)
    if (values !== undefined) misfit = { ...first, values: shownRow(values) }
  }
  return {
    output,
    mode,
    rows,
    inserted: 0,
    replaced: 0,
    merged: 0,
    unchanged: 0,
    columns: report.columns.map(({ name, type }) => ({ name, type })),
    sample: sample.map(shownRow),
    more: rows - sample.length - (misfit === null ? 0 : 1),
    misfit,
  } satisfies DatasetReview
})

type Misfit = Pick<NonNullable<DatasetReview["misfit"]>, "row" | "columns">
type Reported = OutputReport["columns"][number]
/** The dataset's columns as it is. */
type ByName = ReadonlyMap<string, Column>

/** As the rows before one would leave it: those behind may make text of what is a number until then. */
const columnBefore = (row: number, { name, seen }: Reported, columns: ByName, codec: Codec): Column => {
  const mask = seen.reduce((bits, one) => (one.row < row ? bits | bitOfType(one.type) : bits), 0)
  const there = columns.get(name)
  const { type, mixed } = there === undefined ? join(mask, codec) : widen(there, mask, codec)
  return { name, type, optional: true, ...(mixed ? { mixed } : {}) }
}

/** As the first row that doesn't fit has it. */
const columnIn = ({ row, columns }: Misfit, column: Reported, there: ByName, codec: Codec): Column => {
  if (!columns.includes(column.name)) return columnBefore(row + 1, column, there, codec)
  const type = column.seen.find((one) => one.row === row)?.type ?? "unknown"
  return { name: column.name, type, optional: true }
}

/** The first row that doesn't fit, and the columns in which that shows; null where it shows in none. */
const firstMisfit = ({ added, retyped }: SchemaDrift): Misfit | null => {
  const places = [...added, ...retyped]
  if (places.length === 0) return null
  const row = Math.min(...places.map((place) => place.row))
  return { row, columns: places.filter((place) => place.row === row).map(({ column }) => column) }
}

type Sample = DatasetReview["sample"][number]

const shownRow = (row: Row): Sample => shown(row) as Sample

/** Integers that a JSON number doesn't hold are told as text. `fromEntries` takes any name for a key, `__proto__` too. */
const shown = (value: unknown): unknown => {
  if (typeof value === "bigint") return String(value)
  if (Array.isArray(value)) return value.map(shown)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shown(inner)]))
}

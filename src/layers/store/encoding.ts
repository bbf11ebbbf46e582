import { Effect } from "effect"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import type { Mode } from "../../services/domain/Run.ts"
import type { Row } from "../../services/domain/Row.ts"
import { RowRefused } from "../../services/domain/StoreError.ts"
import type { ByteSink } from "../formats/byteSink.ts"
import { RowError } from "../formats/rowError.ts"
import { RowWriter, type RowWriterOptions } from "../formats/writer.ts"
import type { DatasetState } from "./datasetState.ts"
import { readError } from "./fileReading.ts"
import { pour } from "./rewriting.ts"
import type { Staged } from "./staged.ts"

type Written = OutputReport & { readonly mode: Mode }

/** What a writer of rows for a dataset needs to know of it. */
export type Ground = Pick<DatasetState, "dataset" | "codec" | "contract" | "columns" | "eol">

export const writerOf = (
  { dataset, codec, contract, columns, eol }: Ground,
  mode: RowWriterOptions["mode"],
  sink: ByteSink,
): RowWriter => new RowWriter({ codec, contract, mode, columns, eol, onDrift: dataset.onDrift, sink })

export const reportOf = (
  writer: RowWriter,
  { output, mode, shape }: Pick<Written, "output" | "mode" | "shape">,
): Written => {
  const { rows, columns, headerColumns } = writer.finish()
  return { output, mode, shape, rows, columns, headerColumns }
}

/**
 * Rows as a guest would stage them, in a durable file of ours. What fails while they are made is `RowRefused`, or what
 * reading the dataset came to.
 */
export const encodeRows = Effect.fnUntraced(function* (
  ground: Ground,
  facts: Pick<Written, "output" | "mode" | "shape">,
  target: string,
  batches: () => AsyncIterable<ReadonlyArray<Row>> | Iterable<ReadonlyArray<Row>>,
) {
  let report: Written | null = null
  let failed: { readonly cause: unknown } | null = null
  const content = async function* () {
    try {
      let chunks: Array<Uint8Array> = []
      const writer = writerOf(ground, facts.shape, { write: (bytes) => void chunks.push(bytes) })
      for await (const batch of batches()) {
        for (const row of batch) writer.row(row)
        yield* chunks
        chunks = []
      }
      report = reportOf(writer, facts)
      yield* chunks
    } catch (cause) {
      failed = { cause }
      throw cause
    }
  }
  const staged: Staged = yield* pour(target, content).pipe(
    Effect.mapError((error) => (failed === null ? error : refusal(ground, facts.output, failed.cause))),
  )
  if (report === null) return yield* Effect.die(new Error("rows were staged without a report"))
  return { report: report as Written, staged }
})

export const refusal = ({ dataset }: Ground, output: string, cause: unknown) => {
  if (!RowError.is(cause)) return readError(dataset, cause)
  const { row, column, expected, got } = cause
  return new RowRefused({ dataset: dataset.name, output, row, column, detail: `expected ${expected}, got ${got}` })
}

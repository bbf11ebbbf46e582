import { Effect } from "effect"
import type { Contract } from "../../services/domain/Contract.ts"
import type { Row } from "../../services/domain/Row.ts"
import { RowRefused } from "../../services/domain/StoreError.ts"
import { keyText } from "../formats/keyText.ts"
import { readRows } from "../formats/readRows.ts"
import { keyReader } from "../formats/rowKeys.ts"
import type { Arrival } from "./arrivals.ts"
import { chunksOf } from "./looks.ts"
import { stagedRows } from "./stagedRows.ts"

type Rows = AsyncIterable<ReadonlyArray<Row>>

/** The number that a refused row has in its output, and its key: it is known by its number in a file that was made of that. */
export const inOutput = (refused: RowRefused, made: Arrival, given: Arrival, settled: Contract) =>
  told(refused, rowsOf(made, settled), given, made === given, settled)

/** The same of a file of rows as JSON Lines. */
export const inStaged = (refused: RowRefused, file: string, given: Arrival, settled: Contract) =>
  told(refused, readRows("jsonl", chunksOf(file), settled), given, false, settled)

const told = Effect.fnUntraced(function* (
  refused: RowRefused,
  made: Rows,
  given: Arrival,
  isGiven: boolean,
  settled: Contract,
) {
  const { dataset, output, row: number, column, detail } = refused
  const { key } = given
  if (number === null || key === null) return yield* refused
  const found = yield* Effect.tryPromise(async () => {
    const row = await rowAt(made, number)
    if (row === null || isGiven) return { row: number, key: keyText(row, key) }
    return { row: await lastLike(row, rowsOf(given, settled), given, settled), key: keyText(row, key) }
  }).pipe(
    // What cannot be read again says no more of the row.
    Effect.orElseSucceed(() => ({ row: isGiven ? number : null, key: null })),
  )
  return yield* new RowRefused({ dataset, output, column, detail, ...found })
})

const rowsOf = ({ seen, report, staged }: Arrival, settled: Contract): Rows =>
  stagedRows(seen.codec, report, chunksOf(staged.file), settled)

const rowAt = async (rows: Rows, number: number): Promise<Row | null> => {
  let before = 0
  for await (const batch of rows) {
    if (number < before + batch.length) return batch[number - before]!
    before += batch.length
  }
  return null
}

/** Of several rows of one key the last is the one that was meant. */
const lastLike = async (row: Row, rows: Rows, { key, now }: Arrival, contract: Contract): Promise<number | null> => {
  const keyOf = keyReader({ contract, key: key ?? [], instants: now.dataset.format === "parquet" })
  const wanted = keyOf(row)
  let [number, last] = [0, null as number | null]
  for await (const batch of rows) {
    for (const one of batch) {
      if (keyOf(one) === wanted) last = number
      number++
    }
  }
  return last
}

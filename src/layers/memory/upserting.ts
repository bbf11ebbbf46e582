import { Effect } from "effect"
import type { Contract } from "../../services/domain/Contract.ts"
import type { Upserted } from "../../services/domain/Run.ts"
import { StagingCorrupt, StoreFailed } from "../../services/domain/StoreError.ts"
import { errnoOf } from "../errno.ts"
import { locatedRows, rowAt, type RowForm } from "../formats/locatedRows.ts"
import { MalformedFile } from "../formats/malformed.ts"
import { MisfitCell } from "../formats/readRows.ts"
import { type Keyed, KeyIndex } from "../store/keyIndex.ts"
import { indexRows, isRefusal, matchRows, type MergeRule, spliced } from "../store/merging.ts"
import { demandKey } from "../store/upserting.ts"
import { bytesOf, type Segment, segmentOf } from "./content.ts"
import type { Lane } from "./opening.ts"

/** Rows with the staged ones among them, each in the place of the one with its key, or behind; and what became of these. */
export const upsert = Effect.fnUntraced(function* (
  { dataset, key, file }: Lane,
  output: string,
  contract: Contract,
  there: ReadonlyArray<Segment>,
  staged: Segment,
) {
  const known = yield* demandKey(output, key)
  const rule: MergeRule = { contract, key: known, instants: false, dataset: dataset.name, output }
  return yield* Effect.acquireUseRelease(
    Effect.sync(() => new KeyIndex(`${file}.index`)),
    (index) =>
      Effect.tryPromise({
        try: () => merge(rule, there, staged, index),
        catch: (cause) => {
          if (isRefusal(cause)) return cause
          if (cause instanceof MalformedFile || cause instanceof MisfitCell) {
            return new StagingCorrupt({ output, detail: cause.message })
          }
          return new StoreFailed({ operation: "read", path: file, code: errnoOf(cause) })
        },
      }),
    (index) => Effect.sync(() => index.close()),
  )
})

const merge = async (
  rule: MergeRule,
  there: ReadonlyArray<Segment>,
  staged: Segment,
  index: KeyIndex,
): Promise<{ readonly segments: ReadonlyArray<Segment>; readonly counts: Upserted }> => {
  const form: RowForm = { format: "jsonl", contract: rule.contract, columns: null, header: false }
  const bytes = Buffer.concat(staged.chunks)
  const read = (from: number, to: number) => bytes.subarray(from, to)
  await indexRows(locatedRows(form, staged.chunks), rule, index)
  const base = there.flatMap(({ chunks }) => chunks)
  const counts = await matchRows(locatedRows(form, base), rule, index, (from, to) => rowAt(form, read(from, to)))
  const behind = counts.new === 0 ? [] : [await segmentOf(lines(read, index.fresh()))]
  const kept = counts.changed === 0 ? there : [await segmentOf(spliced(base, bytesOf(there), index, read))]
  return { segments: [...kept, ...behind], counts }
}

function* lines(read: (from: number, to: number) => Uint8Array, rows: Iterable<Keyed>) {
  for (const { from, to } of rows) {
    yield read(from, to)
    yield lineEnd
  }
}
const lineEnd = Buffer.from("\n")

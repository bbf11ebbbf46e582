import { Effect } from "effect"
import type { TransactionScope } from "../../services/DatasetStore.ts"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import type { Mode } from "../../services/domain/Run.ts"
import { replaceByForce, SharedDataset } from "../../services/domain/StoreError.ts"
import { somebody } from "./contracts.ts"
import type { DatasetState } from "./datasetState.ts"
import { changed } from "./fileReading.ts"

/**
 * How rows arrive: in a full sync, what is inserted or upserted takes the place of what the connector inserted before, if that is
 * all there is. `edited` tells whether rows were written by hand.
 */
export const modeOf = Effect.fnUntraced(function* <E, R>(
  { full, connector }: Pick<TransactionScope, "full" | "connector">,
  { mode, output }: OutputReport & { readonly mode: Mode },
  { dataset, contract, writers }: Pick<DatasetState, "dataset" | "contract" | "writers">,
  edited: Effect.Effect<boolean, E, R>,
) {
  if (!full || mode === "replace" || contract === null) return mode
  if (full.force) return "replace"
  const others = writers.filter((name) => name !== connector)
  if (others.length > 0) {
    const named = others.filter((name) => name !== somebody)
    const byHand = named.length < others.length
    return yield* new SharedDataset({ dataset: dataset.name, output, connector, writers: named, byHand })
  }
  if (yield* edited) {
    return yield* changed(
      dataset,
      "it holds rows that were written by hand, which a full sync would drop",
      replaceByForce,
    )
  }
  return "replace"
})

/** Whose rows a dataset holds after these. */
export const writersAfter = (before: ReadonlyArray<string>, writer: string, mode: Mode) =>
  mode === "replace" ? [writer] : [...new Set([...before, writer])]

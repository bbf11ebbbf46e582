import { Effect } from "effect"
import type { Contract } from "../../services/domain/Contract.ts"
import { DatasetNotFound } from "../../services/domain/DatasetNotFound.ts"
import type { FieldType, SourceDataset } from "../../services/domain/Manifest.ts"
import { didYouMean } from "../../services/domain/Name.ts"
import { DatasetStore } from "../../services/DatasetStore.ts"
import { type CheckedManifest, ManifestService } from "../../services/ManifestService.ts"

/** The dataset of this name that is a file; why there is none is the failure. */
export const findSource = Effect.fnUntraced(function* ({ manifest, datasetNames }: CheckedManifest, name: string) {
  const dataset = manifest.datasets.get(name)
  if (dataset?.kind === "source") return dataset satisfies SourceDataset
  const reason = dataset !== undefined ? "sql" : datasetNames.includes(name) ? "broken" : "unknown"
  const meant = reason === "unknown" ? didYouMean(name, manifest.datasets.keys()) : null
  return yield* new DatasetNotFound({ dataset: name, reason, didYouMean: meant })
})

/** The columns of a dataset and their types, after changing those that are given. */
export const contractOf = Effect.fnUntraced(function* (name: string, types: ReadonlyMap<string, FieldType>) {
  const checked = yield* ManifestService.use((manifests) => manifests.load)
  const dataset = yield* findSource(checked, name)
  const store = yield* DatasetStore
  const settled = types.size === 0 ? null : yield* store.settle(dataset, types, checked.manifest.history)
  const columns = columnsOf(settled === null ? yield* store.contract(dataset) : settled.contract)
  // The id is of the change of types that was asked for; null when there was none.
  return { dataset: name, columns, checkpoint_id: settled?.checkpoint_id ?? null }
})

export type ContractAnswer = Effect.Success<ReturnType<typeof contractOf>>

/** What every face shows of a dataset's columns; none when it is empty. */
const columnsOf = (contract: Contract | null) =>
  (contract?.columns ?? []).map(({ name, type, optional, mixed }) => ({ name, type, optional, mixed: mixed === true }))

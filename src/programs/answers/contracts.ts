import { Effect } from "effect"
import type { Contract } from "../../services/domain/Contract.ts"
import { DatasetNotFound } from "../../services/domain/DatasetNotFound.ts"
import type { FieldType, SourceDataset } from "../../services/domain/Manifest.ts"
import { didYouMean } from "../../services/domain/Name.ts"
import { DatasetStore } from "../../services/DatasetStore.ts"
import { type CheckedManifest, ManifestService } from "../../services/ManifestService.ts"

/** The columns of a dataset and their types, after changing those that are given. */
export const contractOf = Effect.fnUntraced(function* (name: string, types: ReadonlyMap<string, FieldType>) {
  const checked = yield* ManifestService.use((manifests) => manifests.load)
  const dataset = yield* sourceDataset(checked, name)
  const store = yield* DatasetStore
  const settled = types.size === 0 ? null : yield* store.settle(dataset, types, checked.manifest.history)
  const columns = columnsOf(settled === null ? yield* store.contract(dataset) : settled.contract)
  return { dataset: name, columns, checkpoint_id: settled?.checkpoint_id ?? null }
})

const sourceDataset = Effect.fnUntraced(function* ({ manifest, problems }: CheckedManifest, name: string) {
  const dataset = manifest.datasets.get(name)
  if (dataset?.kind === "source") return dataset satisfies SourceDataset
  const isBroken = problems.some(({ path }) => path === `datasets.${name}` || path.startsWith(`datasets.${name}.`))
  const reason = dataset !== undefined ? "sql" : isBroken ? "broken" : "unknown"
  const meant = reason === "unknown" ? didYouMean(name, manifest.datasets.keys()) : null
  return yield* new DatasetNotFound({ dataset: name, reason, didYouMean: meant })
})

const columnsOf = (contract: Contract | null) =>
  (contract?.columns ?? []).map(({ name, type, optional, mixed }) => ({ name, type, optional, mixed: mixed === true }))

export type ContractAnswer = Effect.Success<ReturnType<typeof contractOf>>

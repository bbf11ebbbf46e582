import { Effect } from "effect"
import type { Contract } from "../../services/domain/Contract.ts"
import { DatasetNotFound } from "../../services/domain/DatasetNotFound.ts"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import { didYouMean } from "../../services/domain/Name.ts"
import type { CheckedManifest } from "../../services/ManifestService.ts"

/** The dataset of this name that is a file; why there is none is the failure. */
export const findSource = Effect.fnUntraced(function* ({ manifest, problems }: CheckedManifest, name: string) {
  const dataset = manifest.datasets.get(name)
  if (dataset?.kind === "source") return dataset satisfies SourceDataset
  const isBroken = problems.some(({ path }) => path === `datasets.${name}` || path.startsWith(`datasets.${name}.`))
  const reason = dataset !== undefined ? "sql" : isBroken ? "broken" : "unknown"
  const meant = reason === "unknown" ? didYouMean(name, manifest.datasets.keys()) : null
  return yield* new DatasetNotFound({ dataset: name, reason, didYouMean: meant })
})

export interface ContractAnswer {
  readonly dataset: string
  readonly columns: ReturnType<typeof columnsOf>
  /** Of the change of types that was asked for; null when there was none. */
  readonly checkpoint_id: string | null
}

/** What every face shows of a dataset's columns; none when it is empty. */
export const columnsOf = (contract: Contract | null) =>
  (contract?.columns ?? []).map(({ name, type, optional, mixed }) => ({ name, type, optional, mixed: mixed === true }))

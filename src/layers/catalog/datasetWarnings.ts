import { Effect, Result } from "effect"
import { statSync } from "node:fs"
import type { DatasetStore } from "../../services/DatasetStore.ts"
import { type ErrorDocument, errorDocument } from "../../services/domain/ErrorDocument.ts"
import type { CheckedManifest } from "../../services/ManifestService.ts"

/** Bytes. A larger file may have to be read for seconds, and `validate` is asked often. */
const mostRead = 8 * 1024 * 1024

/** Datasets whose file is gone, or cannot be read as it is: nothing works with them, though the manifest is right. */
export const datasetWarnings = Effect.fnUntraced(function* (
  store: DatasetStore["Service"],
  { manifest, locate }: CheckedManifest,
) {
  const warnings: Array<ErrorDocument> = []
  for (const dataset of manifest.datasets.values()) {
    if (dataset.kind !== "source") continue
    const size = statSync(dataset.file, { throwIfNoEntry: false })?.size ?? 0
    if (size > mostRead) continue
    const read = yield* store.contract(dataset).pipe(Effect.result)
    if (Result.isFailure(read)) {
      warnings.push({ ...errorDocument(read.failure), ...locate(["datasets", dataset.name]) })
    }
  }
  return warnings
})

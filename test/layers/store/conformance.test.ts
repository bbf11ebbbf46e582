import { Effect, Layer } from "effect"
import * as MemoryDatasetStore from "../../../src/layers/MemoryDatasetStore.ts"
import { datasetStoreConformance } from "../../conformance/datasetStore.ts"
import type { Fresh } from "../../conformance/datasetStore/scenario.ts"
import { memoryRunLocks } from "../../fakes/memoryRunLocks.ts"
import { memoryRunLog } from "../../fakes/memoryRunLog.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetAt, datasetIn, storeAt } from "../../fixtures/store.ts"

const inMemory = Effect.sync((): Fresh => {
  const layer = MemoryDatasetStore.layer.pipe(Layer.provide([memoryRunLocks().layer, memoryRunLog().layer]))
  return { layer, dataset: (name, options) => datasetAt("/nowhere", `data/${name}.csv`, options) }
})

const inFiles = (extension: string) =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const dataset: Fresh["dataset"] = (name, options) => datasetIn(root, extension, name, options)
    return { layer: Layer.orDie(storeAt(root)), dataset } satisfies Fresh
  })

datasetStoreConformance("MemoryDatasetStore", inMemory)
datasetStoreConformance("FileDatasetStore with CSV", inFiles("csv"))
datasetStoreConformance("FileDatasetStore with JSON Lines", inFiles("jsonl"))
datasetStoreConformance("FileDatasetStore with JSON arrays", inFiles("json"))
datasetStoreConformance("FileDatasetStore with tables of SQLite", inFiles("db"))
datasetStoreConformance("FileDatasetStore with Parquet", inFiles("parquet"))

import { Layer } from "effect"
import * as CheckedActions from "./CheckedActions.ts"
import * as DescribedCatalog from "./DescribedCatalog.ts"
import * as DuckDbQuery from "./DuckDbQuery.ts"
import * as EsbuildBundler from "./EsbuildBundler.ts"
import * as FileDatasetStore from "./FileDatasetStore.ts"
import * as FileRunLog from "./FileRunLog.ts"
import * as FileTokens from "./FileTokens.ts"
import * as JsoncManifest from "./JsoncManifest.ts"
import * as NodeProject from "./NodeProject.ts"
import * as ProcessHost from "./ProcessHost.ts"
import * as SqliteRunLocks from "./SqliteRunLocks.ts"
import * as StagedPreview from "./StagedPreview.ts"
import * as TransactionalSync from "./TransactionalSync.ts"

const adapters = [EsbuildBundler.layer, ProcessHost.layer, FileTokens.layer, FileRunLog.layer] as const

/** The one graph that all programs share. Building it does no I/O but finding the project, and starts nothing. */
export const coreAt = (directory: string, manifests = JsoncManifest.layer) =>
  Layer.mergeAll(TransactionalSync.layer, StagedPreview.layer, CheckedActions.layer).pipe(
    Layer.provideMerge(DescribedCatalog.layer),
    Layer.provideMerge(DuckDbQuery.layer),
    Layer.provideMerge(FileDatasetStore.layer),
    Layer.provideMerge([manifests, ...adapters, SqliteRunLocks.layer]),
    Layer.provideMerge(NodeProject.layerAt(directory)),
  )

import { Layer } from "effect"
import * as DescribedCatalog from "./DescribedCatalog.ts"
import * as EsbuildBundler from "./EsbuildBundler.ts"
import * as FileTokens from "./FileTokens.ts"
import * as JsoncManifest from "./JsoncManifest.ts"
import * as NodeProject from "./NodeProject.ts"
import * as ProcessHost from "./ProcessHost.ts"

/** The one graph that all programs share. Building it does no I/O but finding the project, and starts nothing. */
export const coreAt = (directory: string) =>
  DescribedCatalog.layer.pipe(
    Layer.provideMerge([JsoncManifest.layer, EsbuildBundler.layer, ProcessHost.layer, FileTokens.layer]),
    Layer.provideMerge(NodeProject.layerAt(directory)),
  )

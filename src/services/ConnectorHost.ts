import { Context, type Effect } from "effect"
import type { Bundle } from "./BundlerService.ts"
import type { Description } from "./domain/Description.ts"
import type { LoadError } from "./domain/LoadError.ts"
import type { Permissions } from "./domain/Manifest.ts"
import type { ProjectUnwritable } from "./Project.ts"

/** Owns the guest: a process of its own, with no environment and nothing beyond what it is given, that runs a bundle. */
export class ConnectorHost extends Context.Service<
  ConnectorHost,
  {
    /** What the connector declares, and its own schema's verdict on `config`. Cached; a hit runs no connector code. */
    readonly describe: (
      bundle: Bundle,
      config: unknown,
      permissions: Permissions,
    ) => Effect.Effect<Description, LoadError | ProjectUnwritable>
  }
>()("openislands/services/ConnectorHost") {}

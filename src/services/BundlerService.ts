import { Context, type Effect } from "effect"
import type { LoadError } from "./domain/LoadError.ts"
import type { ProjectUnwritable } from "./Project.ts"

/** Owns turning a connector directory into one self-contained ESM file, remade whenever any of its inputs changed. */
export class BundlerService extends Context.Service<
  BundlerService,
  {
    /** `module` as written, for messages; `directory` is where it leads; `builtins` may be imported, without `node:`. */
    readonly bundle: (
      module: string,
      directory: string,
      builtins: ReadonlyArray<string>,
    ) => Effect.Effect<Bundle, LoadError | ProjectUnwritable>
  }
>()("openislands/services/BundlerService") {}

export interface Bundle {
  readonly module: string
  /** The file that default-exports the connector, relative to the project root. */
  readonly entry: string
  /** Absolute path of the ESM file; its source map lies beside it as `<file>.map`. */
  readonly file: string
  /** SHA-256 of the bundle's text, hex. */
  readonly hash: string
}

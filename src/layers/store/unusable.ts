import { Effect } from "effect"
import type { StoreFailed } from "../../services/domain/StoreError.ts"

/** Codes of a path that leads to something else than a file that we may read: nothing that trying again would change. */
const codes = new Set(["EACCES", "EPERM", "EISDIR", "ENOTDIR", "ELOOP"])

/** Handles what stands in a file's place, or cannot be read by us; a failing disk stays a failure. */
export const orIfUnusable = <A, B, E, R, E2, R2>(
  effect: Effect.Effect<A, E | StoreFailed, R>,
  otherwise: (detail: string) => Effect.Effect<B, E2, R2>,
) =>
  effect.pipe(
    Effect.catchIf(
      (error): error is Extract<E | StoreFailed, StoreFailed> => isUnusable(error),
      ({ code }) =>
        otherwise(
          code === "EISDIR"
            ? "it is a directory, and no file"
            : `it cannot be read (${code}); it may belong to another user`,
        ),
    ),
  )

const isUnusable = (error: unknown): boolean =>
  (error as StoreFailed)._tag === "StoreFailed" && codes.has((error as StoreFailed).code)

import { NotAConnector, readDeclaration } from "./declaration.ts"
import { closeFence } from "./fence.ts"
import type { Failed, Job } from "./protocol.ts"
import { textOf } from "./thrown.ts"

export interface Loaded {
  readonly exported: unknown
}

/** Closes the fence, then runs the top level of the connector's module. */
export const loadConnector = async (job: Job): Promise<Loaded | Failed> => {
  try {
    closeFence(job.bundle, job.builtins)
    const namespace: { readonly default?: unknown } = await import(job.bundle)
    if (!("default" in namespace)) {
      return { type: "failed", reason: "no-default-export", detail: "it has no default export", stack: null }
    }
    readDeclaration(namespace.default)
    return { exported: namespace.default }
  } catch (thrown) {
    return loadFailure(thrown)
  }
}

export const loadFailure = (thrown: unknown): Failed => ({
  type: "failed",
  reason: thrown instanceof NotAConnector ? "not-a-connector" : "threw",
  ...textOf(thrown),
})

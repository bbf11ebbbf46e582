import { type Definition, InvalidDefinition, NotAConnector, readDefinition } from "./declaration.ts"
import { closeFence } from "./fence.ts"
import type { Failed, Job } from "./protocol.ts"
import { textOf } from "./thrown.ts"

export interface Loaded {
  readonly exported: unknown
  readonly definition: Definition
}

/** Closes the fence, then runs the top level of the connector's module. */
export const loadConnector = async (job: Job): Promise<Loaded | Failed> => {
  try {
    closeFence(job)
    const namespace: { readonly default?: unknown } = await import(job.bundle)
    if (!("default" in namespace)) {
      return { type: "failed", reason: "no-default-export", detail: "it has no default export", stack: null }
    }
    return { exported: namespace.default, definition: readDefinition(namespace.default) }
  } catch (thrown) {
    return loadFailure(thrown)
  }
}

export const loadFailure = (thrown: unknown): Failed => {
  const text = textOf(thrown)
  if (thrown instanceof NotAConnector) return { type: "failed", reason: "not-a-connector", ...text }
  if (!(thrown instanceof InvalidDefinition)) return { type: "failed", reason: "threw", ...text }
  return { type: "failed", reason: "invalid-definition", ...text, stack: thrown.site }
}

export const configFailure = (thrown: unknown): { readonly detail: string; readonly stack: string | null } => {
  const { detail, stack } = textOf(thrown)
  return { detail: `its config schema failed: ${detail}`, stack }
}

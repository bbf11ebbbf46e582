import { parseConfig } from "./describe.ts"
import { configFailure, type Loaded } from "./loadConnector.ts"
import type { SyncFailed } from "./protocol.ts"
import { never } from "./retryable.ts"
import { noGrounds } from "./grounds.ts"

type Verdict = Awaited<ReturnType<typeof parseConfig>>
export type ConfigIssues = Extract<Verdict, { ok: false }>["issues"]

/** What `ctx.config` will be, or what the connector's own schema has against it; one that throws has failed the sync. */
export const configOf = async ({ exported }: Loaded, given: unknown): Promise<Verdict | SyncFailed> => {
  const { config: schema } = exported as { readonly config?: Parameters<typeof parseConfig>[0] }
  try {
    const verdict = await parseConfig(schema, given)
    return verdict.ok && schema === undefined ? { ok: true, value: undefined } : verdict
  } catch (thrown) {
    return { type: "sync-failed", why: "threw", ...configFailure(thrown), ...never, ...noGrounds }
  }
}

export const refusedConfig = (issues: ConfigIssues): SyncFailed => {
  const detail = issues.map(({ path, message }) => `config ${path.join(".")}: ${message}`).join("\n")
  return { type: "sync-failed", why: "threw", detail, stack: null, ...never, ...noGrounds }
}

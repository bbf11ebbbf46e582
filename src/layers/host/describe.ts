import type { Description } from "../../services/domain/Description.ts"
import { configIssues, type Issue } from "./configIssues.ts"
import type { Loaded } from "./loadConnector.ts"

interface StandardSchema {
  readonly "~standard": {
    readonly validate: (value: unknown) => unknown
    readonly jsonSchema?: { readonly input: (options: { readonly target: string }) => unknown }
  }
}

/** Everything the host wants to know of a connector, as plain JSON. Throws what its config schema does. */
export const describe = async ({ exported, definition }: Loaded, config: unknown): Promise<Description> => {
  const schema = (exported as { readonly config?: StandardSchema }).config
  return {
    ...definition,
    configSchema: schema === undefined ? null : jsonSchemaOf(schema),
    config: await checkConfig(schema, config),
  }
}

/** Schemas with transforms or custom checks have no JSON form; a config can be checked without one. */
const jsonSchemaOf = (schema: StandardSchema): Description["configSchema"] => {
  try {
    return toJson(schema["~standard"].jsonSchema?.input({ target: "draft-2020-12" }) ?? null)
  } catch {
    return null
  }
}

/** The config as the author's schema makes it. `value` may hold anything a transform can produce. */
export const parseConfig = async (
  schema: StandardSchema | undefined,
  config: unknown,
): Promise<{ ok: true; value: unknown } | Extract<Description["config"], { ok: false }>> => {
  if (schema === undefined) {
    return config === undefined || (typeof config === "object" && config !== null && Object.keys(config).length === 0)
      ? { ok: true, value: {} }
      : { ok: false, issues: [{ path: [], message: "this connector takes no config" }] }
  }
  const result = (await schema["~standard"].validate(config ?? {})) as {
    readonly value?: unknown
    readonly issues?: ReadonlyArray<Issue>
  }
  return result.issues === undefined
    ? { ok: true, value: result.value }
    : { ok: false, issues: configIssues(result.issues) }
}

const checkConfig = async (schema: StandardSchema | undefined, config: unknown): Promise<Description["config"]> => {
  const verdict = await parseConfig(schema, config)
  return verdict.ok ? { ok: true, value: toJson(verdict.value) } : verdict
}

/** What a transform made of a config need not be JSON; for the host only its JSON form matters. */
const toJson = (value: unknown) => {
  try {
    return JSON.parse(JSON.stringify(value) ?? "null")
  } catch {
    return null
  }
}

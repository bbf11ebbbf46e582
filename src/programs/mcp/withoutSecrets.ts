import { Effect } from "effect"
import { redactDocument } from "../../layers/redaction.ts"
import { TokenService } from "../../services/TokenService.ts"
import { type JsonSchema, namesIn } from "./tool.ts"

/**
 * Whoever writes a connector could have it put its secrets into rows, and the names of columns: so they are taken out of
 * all that agents are answered. Names that the answer's own schema has stay, whatever a secret may be.
 */
export const withoutSecrets = <A>(value: A, schema: JsonSchema | null = null): Effect.Effect<A, never, TokenService> =>
  TokenService.use((tokens) => tokens.redactor).pipe(
    Effect.map((redact) => {
      const clean = redactDocument(value, redact)
      return (schema === null ? clean : withNames(clean, redact, namesIn(schema))) as A
    }),
  )

const withNames = (value: unknown, redact: (text: string) => string, own: ReadonlySet<string>): unknown => {
  if (Array.isArray(value)) return value.map((item) => withNames(item, redact, own))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [own.has(key) ? key : redact(key), withNames(inner, redact, own)]),
  )
}

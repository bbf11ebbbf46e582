import { Effect, Schema } from "effect"
import type { TaggedFailure } from "../../services/domain/ErrorDocument.ts"
import { inputProblems } from "./inputProblems.ts"

/** What an agent may ask for: described to it in `description`, checked by `input`, answered as `output`. */
export interface Tool<R> {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly inputSchema: JsonSchema
  readonly outputSchema: JsonSchema
  readonly annotations: Annotations
  readonly call: (input: unknown, context: CallContext) => Effect.Effect<Answer, TaggedFailure, R>
}

export interface JsonSchema {
  readonly type: "object"
  readonly [key: string]: unknown
}

/** Hints of the protocol: what a client may run without asking. */
export interface Annotations {
  readonly readOnlyHint: boolean
  readonly destructiveHint: boolean
  readonly idempotentHint: boolean
  readonly openWorldHint: boolean
}

export const readsOnly: Annotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
}

export interface CallContext {
  /** Tells the client how far it is, if it wants to know. */
  readonly progress: (done: number, message: string) => Effect.Effect<void>
}

export interface Answer {
  readonly value: object
  /** Something to do or to say beside the value. */
  readonly say?: string
}

/** What a tool was called with doesn't fit its input schema. */
export class ToolInputInvalid extends Schema.TaggedError<ToolInputInvalid>()("ToolInputInvalid", {
  tool: Schema.String,
  detail: Schema.String,
}) {
  override get message() {
    return `${this.tool} doesn't take this input: ${this.detail}`
  }
  get suggestion() {
    return "Correct the input, and call it again; tools/list has what each tool takes."
  }
}

interface Definition<Input, EncodedInput, R> extends Pick<Tool<R>, "name" | "title" | "description" | "annotations"> {
  readonly input: Schema.Codec<Input, EncodedInput>
  readonly output: Schema.Constraint
  readonly run: (input: Input, context: CallContext) => Effect.Effect<Answer, TaggedFailure, R>
}

export const tool = <Input, EncodedInput, R>({
  input,
  output,
  run,
  ...facts
}: Definition<Input, EncodedInput, R>): Tool<R> => {
  const decode = Schema.decodeUnknownEffect(input, { errors: "all", onExcessProperty: "error" })
  // Made for who asks what tools there are: a server starts in a tenth less time without.
  let inputSchema: JsonSchema | undefined
  let outputSchema: JsonSchema | undefined
  const takes = () => (inputSchema ??= jsonSchemaOf(input, "error"))
  return {
    ...facts,
    get inputSchema() {
      return takes()
    },
    get outputSchema() {
      return (outputSchema ??= jsonSchemaOf(output, "ignore"))
    },
    call: (given, context) =>
      decode(given ?? {}).pipe(
        Effect.mapError((error) => new ToolInputInvalid({ tool: facts.name, detail: inputProblems(error, takes()) })),
        Effect.flatMap((value) => run(value, context)),
      ),
  }
}

const jsonSchemaOf = (schema: Schema.Constraint, onExcessProperty: "error" | "ignore"): JsonSchema => {
  const { schema: body, definitions } = Schema.toJsonSchemaDocument(schema, { onExcessProperty })
  const defs = Object.keys(definitions).length === 0 ? {} : { $defs: definitions }
  const closed = onExcessProperty === "error" ? { additionalProperties: false } : {}
  return { type: "object", ...(spelledOut(body) as object), ...closed, ...defs } as JsonSchema
}

/** A schema that takes any JSON is `{}`, which clients take for one that was forgotten. */
const anything = {
  anyOf: [
    { type: "object", additionalProperties: true },
    { type: "array" },
    { type: "string" },
    { type: "number" },
    { type: "boolean" },
    { type: "null" },
  ],
}

const spelledOut = (part: unknown): unknown => {
  if (Array.isArray(part)) return part.map(spelledOut)
  if (typeof part !== "object" || part === null) return part
  const entries = Object.entries(part)
  if (entries.length === 0) return anything
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      key === "properties" && Object.keys(value).length === 0 ? value : spelledOut(value),
    ]),
  )
}

/** The names of all properties that a schema has anywhere. */
export const namesIn = (schema: unknown): ReadonlySet<string> => {
  const names = new Set<string>()
  const walk = (part: unknown): void => {
    if (typeof part !== "object" || part === null) return
    for (const [key, inner] of Object.entries(part)) {
      if (key === "properties") Object.keys(inner as object).forEach((name) => names.add(name))
      walk(inner)
    }
  }
  walk(schema)
  return names
}

/** The input of a tool that takes none. */
export const nothing = Schema.Record(Schema.String, Schema.Never)

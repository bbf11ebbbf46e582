import type { Description } from "../../services/domain/Description.ts"
import { fieldTypes } from "../../services/domain/Manifest.ts"
import { fieldKeys } from "./actionField.ts"
import { actionKeys, actionModes } from "./actions.ts"
import { configDefinition, pointerTo } from "./configSchema.ts"
import { connectorKeys } from "./connectors.ts"
import { datasetKeys, formats } from "./dataset.ts"
import * as texts from "./schemaTexts.ts"

export type JsonSchema = { readonly [keyword: string]: unknown }
/** One for each key, so that a key that is added to a manifest cannot be forgotten here. */
type Properties<Keys extends ReadonlyArray<string>> = Readonly<Record<Keys[number], JsonSchema>>

export interface Facts {
  /** Datasets that rows can be written to. */
  readonly targets: ReadonlyArray<string>
  /** What is known of each connector, by the name that the manifest gives it. */
  readonly connectors: ReadonlyMap<string, Description>
}

export const nothingKnown: Facts = { targets: [], connectors: new Map() }

/** What an editor needs to complete and check a manifest.json; the runtime's own checks say more, and have the last word. */
export const manifestSchema = ({ targets, connectors }: Facts): JsonSchema => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "OpenIslands manifest",
  description: texts.manifest,
  type: "object",
  properties: {
    $schema: { type: "string", description: texts.$schema },
    datasets: { ...byName(ref("dataset")), description: texts.datasets },
    connectors: {
      ...byName(connectorSchema(null)),
      description: texts.connectors,
      properties: Object.fromEntries([...connectors].map(([name, one]) => [name, connectorSchema({ name, one })])),
    },
    actions: { ...byName(action), description: texts.actions },
    history: closed({
      checkpoints: { type: "integer", minimum: 1, default: 100, description: texts.checkpoints },
      bytes: { type: ["string", "integer"], minimum: 1, default: "1GiB", description: texts.bytes },
    }),
    serve: closed({ origin: { type: "string", pattern: "^https?://[^/]+/?$", description: texts.origin } }),
  },
  // A manifest may hold sections of a larger system.
  additionalProperties: true,
  $defs: {
    dataset: { anyOf: [fileDataset, tableDataset, sqlDataset] },
    target: targets.length === 0 ? { type: "string", minLength: 1 } : { type: "string", enum: targets },
    duration: { type: "string", pattern: duration },
    schedule,
    ...Object.fromEntries([...connectors].flatMap(definitionOf)),
  },
})

const definitionOf = ([name, { configSchema }]: readonly [string, Description]) => {
  const config = configDefinition(name, configSchema)
  return config === null ? [] : [[config.name, config.schema] as const]
}

const ref = (definition: string) => ({ $ref: pointerTo(definition) })

const closed = (properties: Readonly<Record<string, JsonSchema>>, ...required: ReadonlyArray<string>): JsonSchema => ({
  type: "object",
  properties,
  additionalProperties: false,
  ...(required.length === 0 ? {} : { required }),
})

const byName = (schema: JsonSchema): JsonSchema => ({
  type: "object",
  propertyNames: { pattern: "^[A-Za-z0-9][A-Za-z0-9_-]*$", maxLength: 100 },
  additionalProperties: schema,
})

const duration = "^\\s*\\d{1,9}(\\.\\d{1,3})?\\s*[smhdw]\\s*$"

const schedule: JsonSchema = {
  description: texts.schedule,
  anyOf: [
    { type: "string", pattern: duration, examples: ["30m", "6h", "1d"] },
    { type: "string", pattern: "\\S\\s+\\S", examples: ["0 */6 * * *"] },
    closed({ cron: { type: "string" }, timeZone: { type: "string", examples: ["Europe/Berlin"] } }, "cron"),
  ],
}

const inAnyCase = (text: string) => text.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`)
/** Of a path; editors know no flag for "in any case". */
const ending = (endings: ReadonlyArray<string>): string => `\\.(${endings.map(inAnyCase).join("|")})$`
const endingsOf = (isTable: boolean) =>
  [...formats].flatMap(([name, format]) => ((format === "sqlite") === isTable ? [name] : []))

const { source, table, sql, ...settings } = {
  source: { type: "string", description: texts.source },
  table: { type: "string", minLength: 1, description: texts.table },
  sql: { type: "string", pattern: ending(["sql"]), description: texts.sql },
  description: { type: "string", description: texts.datasetDescription },
  onDrift: { enum: ["reject", "evolve"], default: "reject", description: texts.onDrift },
  onEmpty: { enum: ["clear", "keep", "fail"], default: "clear", description: texts.onEmpty },
} satisfies Properties<typeof datasetKeys>

const fileDataset = closed({ source: { ...source, pattern: ending(endingsOf(false)) }, ...settings }, "source")
const tableSource = { ...source, pattern: ending(endingsOf(true)) }
const tableDataset = closed({ source: tableSource, table, ...settings }, "source", "table")
const sqlDataset = closed({ sql, description: settings.description }, "sql")

const connectorSchema = (known: { readonly name: string; readonly one: Description } | null): JsonSchema => {
  const outputs = known?.one.declaration.outputs ?? []
  const config = known && configDefinition(known.name, known.one.configSchema)
  const required = config?.schema["required"]
  const needsConfig = Array.isArray(required) && required.length > 0
  const properties = {
    module: { type: "string", minLength: 1, description: texts.module },
    datasets: {
      description: texts.mapping,
      type: "object",
      properties: Object.fromEntries(
        outputs.map(({ name, description }) => [name, { ...ref("target"), ...described(description) }]),
      ),
      additionalProperties: known === null ? ref("target") : false,
    },
    schedule: ref("schedule"),
    config: {
      description: texts.config,
      ...(config === null ? { type: "object" } : ref(config.name)),
    },
    description: { type: "string", description: texts.connectorDescription },
    timeout: { ...ref("duration"), description: texts.timeout },
    permissions: {
      ...closed({
        read: { type: "array", items: { type: "string", minLength: 1 }, description: texts.read },
        net: { type: "array", items: { type: "string", minLength: 1 }, description: texts.net },
      }),
      description: texts.permissions,
    },
  } satisfies Properties<typeof connectorKeys>
  return {
    ...described(known?.one.declaration.description ?? null),
    ...closed(properties, "module", "datasets", ...(needsConfig ? ["config"] : [])),
  }
}

const described = (description: string | null) => (description === null ? {} : { description })

const scalar = { type: ["string", "number", "boolean", "null"] }
const field = closed({
  type: { enum: fieldTypes, description: texts.fieldType },
  enum: { type: "array", items: scalar, minItems: 1, uniqueItems: true, description: texts.fieldEnum },
  min: { type: ["number", "string"], description: texts.bound },
  max: { type: ["number", "string"], description: texts.bound },
  default: { description: texts.fieldDefault },
  description: { type: "string" },
} satisfies Properties<typeof fieldKeys>)

const action = closed(
  {
    dataset: { ...ref("target"), description: texts.actionDataset },
    mode: { enum: actionModes, description: texts.actionMode },
    description: { type: "string" },
    fields: { type: "object", additionalProperties: field, description: texts.fields },
  } satisfies Properties<typeof actionKeys>,
  "dataset",
  "mode",
)

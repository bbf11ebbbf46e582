import { assert, describe, it } from "@effect/vitest"
import { Ajv2020 } from "ajv/dist/2020.js"
import { Effect, Layer } from "effect"
import { layer as jsoncManifest } from "../../../src/layers/JsoncManifest.ts"
import { type Facts, manifestSchema, nothingKnown } from "../../../src/layers/manifest/jsonSchema.ts"
import { layerAt } from "../../../src/layers/NodeProject.ts"
import type { Description } from "../../../src/services/domain/Description.ts"
import { ManifestService } from "../../../src/services/ManifestService.ts"
import { temporaryProject } from "../../fixtures/project.ts"

const validator = (facts: Facts) => new Ajv2020({ allErrors: true, strict: false }).compile(manifestSchema(facts))

/** What the runtime itself has against a manifest. */
const objections = (manifest: unknown) =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": JSON.stringify(manifest), "data/in.csv": "" })
    const { problems, warnings } = yield* ManifestService.use((service) => service.load).pipe(
      Effect.provide(jsoncManifest.pipe(Layer.provide(layerAt(root)))),
    )
    return [...problems, ...warnings]
  })

const rows = { source: "data/rows.csv" }
const one = { module: "connectors/one", datasets: { rows: "rows" } }
const withDataset = (dataset: unknown) => ({ datasets: { rows: dataset }, connectors: { one } })
const withConnector = (more: object) => ({ datasets: { rows }, connectors: { one: { ...one, ...more } } })
const withAction = (action: unknown) => ({ datasets: { rows }, actions: { add: action } })
const withField = (field: unknown) => withAction({ dataset: "rows", mode: "insert", fields: { a: field } })

const sound: Readonly<Record<string, unknown>> = {
  "nothing at all": {},
  "sections of a larger system": { $schema: "./schema.json", pages: [1], queries: {} },
  "every format": {
    datasets: {
      a: { source: "a.json" },
      b: { source: "b.JSONL" },
      c: { source: "c.ndjson" },
      d: { source: "d.parquet" },
    },
  },
  "a table": withDataset({ source: "data/my.DB", table: "walks" }),
  "a query": { datasets: { all: { sql: "queries/all.sql", description: "all" } } },
  "every key of a dataset": withDataset({ ...rows, description: "", onDrift: "evolve", onEmpty: "keep" }),
  "every key of a connector": withConnector({
    schedule: "6h",
    config: { days: 3 },
    description: "x",
    timeout: "10m",
    permissions: { read: ["data"], net: ["api.example.com"] },
  }),
  "a cron schedule": withConnector({ schedule: "0 */6 * * *" }),
  "one in a time zone": withConnector({ schedule: { cron: "0 6 * * *", timeZone: "Europe/Berlin" } }),
  history: { history: { checkpoints: 3, bytes: "200MiB" }, serve: { origin: "https://islands.example.com" } },
  "a number of bytes": { history: { bytes: 1000 } },
  "every key of a field": withField({ type: "integer", enum: [1, 2], min: 1, max: 2, default: 1, description: "x" }),
}

const wrong: Readonly<Record<string, unknown>> = {
  "a name with a blank": { datasets: { "a b": rows } },
  "a file of no format": withDataset({ source: "data/rows.txt" }),
  "a database without a table": withDataset({ source: "data/rows.db" }),
  "a file with one": withDataset({ ...rows, table: "t" }),
  "source and sql": withDataset({ ...rows, sql: "a.sql" }),
  neither: withDataset({ description: "x" }),
  "an unknown policy": withDataset({ ...rows, onDrift: "ignore" }),
  another: withDataset({ ...rows, onEmpty: "drop" }),
  "an unknown key of a dataset": withDataset({ ...rows, onDrfit: "evolve" }),
  "an unknown key of a connector": withConnector({ shedule: "6h" }),
  "no module": { connectors: { one: { datasets: {} } } },
  "no datasets": { connectors: { one: { module: "connectors/one" } } },
  "a list of outputs": withConnector({ datasets: ["rows"] }),
  "a schedule that is none": withConnector({ schedule: "often" }),
  "half a schedule": withConnector({ schedule: { timeZone: "Europe/Berlin" } }),
  "a timeout without a unit": withConnector({ timeout: "10" }),
  "an unknown permission": withConnector({ permissions: { write: ["data"] } }),
  "an unknown mode": withAction({ dataset: "rows", mode: "upsert" }),
  "an action without a dataset": withAction({ mode: "insert" }),
  "an unknown type": withField({ type: "text" }),
  "no checkpoints": { history: { checkpoints: 0 } },
  "an origin with a path": { serve: { origin: "https://islands.example.com/here" } },
}

describe("the schema of any manifest", () => {
  for (const [title, manifest] of Object.entries(sound)) {
    it.live(`accepts ${title}, as the runtime does`, () =>
      Effect.gen(function* () {
        const validate = validator(nothingKnown)
        assert.isTrue(validate(manifest), JSON.stringify(validate.errors, null, 1))
        assert.deepEqual(yield* objections(manifest), [])
      }),
    )
  }
  for (const [title, manifest] of Object.entries(wrong)) {
    it.live(`refuses ${title}, as the runtime does`, () =>
      Effect.gen(function* () {
        assert.isFalse(validator(nothingKnown)(manifest))
        assert.isNotEmpty(yield* objections(manifest))
      }),
    )
  }
})

const describing = (configSchema: Description["configSchema"]): Description => ({
  declaration: {
    description: "one",
    schedule: null,
    secrets: [],
    auth: null,
    outputs: [{ name: "rows", description: "the rows", key: null }],
  },
  unknownKeys: [],
  site: null,
  configSchema,
  config: { ok: true, value: {} },
})

const knowing = (configSchema: Description["configSchema"], name = "one"): Facts => ({
  targets: ["rows", "more"],
  connectors: new Map([[name, describing(configSchema)]]),
})

describe("the schema of a project", () => {
  const config = { type: "object", properties: { days: { type: "integer" } }, required: ["days"] }
  const accepts = (entry: object) => validator(knowing(config))({ connectors: { one: { ...one, ...entry } } })

  it("knows outputs and datasets", () => {
    assert.isTrue(accepts({ config: { days: 1 } }))
    assert.isTrue(accepts({ config: { days: 1 }, datasets: {} }))
    assert.isFalse(accepts({ config: { days: 1 }, datasets: { row: "rows" } }))
    assert.isFalse(accepts({ config: { days: 1 }, datasets: { rows: "row" } }))
  })

  it("and the config, which has to be there if something in it has to", () => {
    assert.isFalse(accepts({}))
    assert.isFalse(accepts({ config: { days: "1" } }))
    assert.isFalse(accepts({ config: { days: 1, dys: 2 } }))
    assert.isTrue(validator(knowing({ type: "object", properties: {} }))({ connectors: { one } }))
  })

  it("a connector of which nothing is known may say anything", () => {
    const validate = validator({ targets: ["rows"], connectors: new Map() })
    assert.isTrue(validate({ connectors: { one: { ...one, datasets: { any: "rows" }, config: { a: [1] } } } }))
    assert.isFalse(validate({ connectors: { one: { ...one, datasets: { any: "row" } } } }))
  })

  it("what a config's schema refers to in itself is found, and what only looks like that is left alone", () => {
    const tree = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: "https://example.com/tree",
      type: "object",
      properties: {
        $ref: { type: "string" },
        kind: { enum: [{ $ref: "#/x" }, "a"], default: { $ref: "#/y" } },
        leaf: { $ref: "#/$defs/a~1b" },
        children: { type: "array", items: { $ref: "#" } },
      },
      $defs: { "a/b": { type: "integer" } },
    }
    for (const name of ["one", "odd ~/ %name"]) {
      const validate = validator(knowing(tree, name))
      const valid = (config: object) => validate({ connectors: { [name]: { ...one, config } } })
      const errors = () =>
        validate.errors?.filter(({ keyword }) => keyword !== "pattern" && keyword !== "propertyNames")
      valid({ $ref: "#", kind: { $ref: "#/x" }, leaf: 1, children: [{ children: [{ leaf: 2 }] }] })
      assert.isEmpty(errors() ?? [])
      valid({ leaf: "1" })
      assert.isNotEmpty(errors() ?? [])
      valid({ children: [{ children: [{ leaf: "2" }] }] })
      assert.isNotEmpty(errors() ?? [])
    }
  })

  it("a connector whose name is half a character is one of which nothing is known", () => {
    const schema = manifestSchema(knowing(config, "\ud800"))
    assert.deepEqual(
      Object.keys(schema["$defs"] as object),
      Object.keys(manifestSchema(nothingKnown)["$defs"] as object),
    )
  })

  it("a config's schema that is no schema to speak of is left out", () => {
    let deep: Description["configSchema"] = {}
    for (let level = 0; level < 5_000; level++) deep = { items: deep }
    for (const schema of [deep, null, true, "x", [1]]) {
      assert.isTrue(validator(knowing(schema))({ connectors: { one: { ...one, config: { any: 1 } } } }))
    }
  })
})

import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { declarationProblems, unknownConfigKeys } from "../../../src/layers/catalog/checks.ts"
import * as JsoncManifest from "../../../src/layers/JsoncManifest.ts"
import * as NodeProject from "../../../src/layers/NodeProject.ts"
import type { Description } from "../../../src/services/domain/Description.ts"
import { ManifestService } from "../../../src/services/ManifestService.ts"
import { temporaryProject } from "../../fixtures/project.ts"

const manifest = JSON.stringify({
  connectors: { c: { module: "connectors/c", datasets: { out: "d" }, config: { list: [{ a: 1 }], days: 1 } } },
  datasets: { d: { source: "d.csv" } },
})

/** What a connector's process answers is the connector's word, whatever its author or somebody else made of it. */
const described = (said: Partial<Pick<Description, "config" | "configSchema">>): Description => ({
  declaration: {
    description: "c",
    schedule: null,
    secrets: [],
    auth: null,
    outputs: [{ name: "out", description: null, key: null }],
  },
  unknownKeys: [],
  site: null,
  configSchema: null,
  config: { ok: true, value: null },
  ...said,
})

const nowhere = () => ({ file: "connectors/c/index.ts", line: 1, column: 1 })

const checks = Effect.gen(function* () {
  const root = yield* temporaryProject({ "manifest.json": manifest })
  const checked = yield* ManifestService.use((manifests) => manifests.load).pipe(
    Effect.provide(JsoncManifest.layer.pipe(Layer.provide(NodeProject.layerAt(root)))),
  )
  const entry = checked.manifest.connectors.get("c")!
  return {
    problems: (issues: ReadonlyArray<{ path: ReadonlyArray<string | number>; message: string }>) =>
      declarationProblems(checked, entry, described({ config: { ok: false, issues } }), nowhere),
    unknownKeys: (configSchema: Description["configSchema"]) =>
      unknownConfigKeys(checked, entry, described({ configSchema })).map(({ key }) => key),
  }
})

it.effect("a schema of a config may say anything of itself", () =>
  Effect.gen(function* () {
    const { unknownKeys } = yield* checks
    assert.deepEqual(unknownKeys({ properties: { list: {}, day: {} } }), ["days"])
    for (const properties of [null, "text", 5, true, []])
      assert.deepEqual(unknownKeys({ properties }), [], `${properties}`)
    for (const schema of [null, "text", 5, []]) assert.deepEqual(unknownKeys(schema), [])
  }),
)

it.effect("an issue with a config is told at the nearest place that there is, wherever it says it lies", () =>
  Effect.gen(function* () {
    const { problems } = yield* checks
    const list = manifest.indexOf('[{"a"') + 1
    for (const [path, column] of [
      [["list", 0, "a"], manifest.indexOf("1}]") + 1],
      [["list", 0, "b", 3], list + 1],
      [["list", 0.5, "a"], list],
      [["list", Number.NaN, "a"], list],
      [["list", -1, "a"], list],
      [["list", "0", "a"], list],
      [["days", "x", 0], manifest.indexOf("1}}") + 1],
    ] as const) {
      const [problem] = problems([{ path, message: "no" }])
      assert.deepInclude(problem, { _tag: "InvalidConfig", column }, JSON.stringify(path))
    }
  }),
)

it.effect("issues without number, or at a place without end, are told as far as anybody reads", () =>
  Effect.gen(function* () {
    const { problems } = yield* checks
    const long = problems([{ path: Array.from({ length: 20_000 }, () => "list"), message: "no" }])
    assert.isBelow(long[0]!.message.length, 10_000)
    assert.lengthOf(problems(Array.from({ length: 20_000 }, () => ({ path: ["days"], message: "no" }))), 100)
  }),
)

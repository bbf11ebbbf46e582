import { Effect, Schema } from "effect"
import { readFile } from "node:fs/promises"
import { errnoOf } from "../../layers/errno.ts"
import { ManifestService, ManifestUnreadable } from "../../services/ManifestService.ts"
import { Project } from "../../services/Project.ts"
import { contractOf } from "../answers/contract.ts"
import { runsOf } from "../answers/runs.ts"
import { authorsGuide } from "./authorsGuide.ts"

/** What there is to read without calling a tool. */
export const resourceTemplates = [
  {
    uriTemplate: "openislands://datasets/{dataset}/contract",
    name: "dataset contract",
    description: "The columns of a dataset and their types",
    mimeType: "application/json",
  },
  {
    uriTemplate: "openislands://connectors/{connector}/runs",
    name: "connector runs",
    description: "The last 20 runs of a connector",
    mimeType: "application/json",
  },
] as const

export class UnknownResource extends Schema.TaggedError<UnknownResource>()("UnknownResource", { uri: Schema.String }) {
  override get message() {
    return `there is no resource ${this.uri}`
  }
  get suggestion() {
    return "resources/list names those there are."
  }
}

/** No client is to read it by JSON.parse. */
const manifestType = "application/jsonc"

const named = [
  {
    uri: "openislands://manifest",
    name: "manifest.json",
    description: "The project's manifest as it is written: JSON that may have comments and trailing commas",
    mimeType: manifestType,
  },
  {
    uri: "openislands://guide",
    name: "guide for connector authors",
    description: "How a connector is written, declared, tested and repaired",
    mimeType: "text/markdown",
  },
] as const

/** Those of the manifest's own names among them; a broken manifest still can be read. */
export const listResources = Effect.gen(function* () {
  const checked = yield* ManifestService.use((manifests) => manifests.load).pipe(Effect.option)
  if (checked._tag === "None") return { resources: [...named] }
  const { connectors, datasets } = checked.value.manifest
  const contracts = [...datasets.values()]
    .filter(({ kind }) => kind === "source")
    .map(({ name }) => ({
      uri: `openislands://datasets/${name}/contract`,
      name: `contract of ${name}`,
      mimeType: "application/json",
    }))
  const runs = [...connectors.keys()].map((name) => ({
    uri: `openislands://connectors/${name}/runs`,
    name: `runs of ${name}`,
    mimeType: "application/json",
  }))
  return { resources: [...named, ...contracts, ...runs] }
})

export const readResource = Effect.fnUntraced(function* (uri: string) {
  if (uri === "openislands://guide") return { contents: [{ uri, mimeType: "text/markdown", text: authorsGuide }] }
  if (uri === "openislands://manifest") {
    const { layout, root } = yield* Project
    const text = yield* Effect.tryPromise({
      try: () => readFile(layout.manifest, "utf8"),
      catch: (cause) => new ManifestUnreadable({ file: "manifest.json", directory: root, code: errnoOf(cause) }),
    })
    return { contents: [{ uri, mimeType: manifestType, text }] }
  }
  const [, kind, name = "", what] = /^openislands:\/\/(datasets|connectors)\/([^/]+)\/(contract|runs)$/.exec(uri) ?? []
  if (kind === "datasets" && what === "contract") return jsonOf(uri, yield* contractOf(name, new Map()))
  if (kind === "connectors" && what === "runs") return jsonOf(uri, { runs: yield* runsOf(name, 20) })
  return yield* new UnknownResource({ uri })
})

const jsonOf = (uri: string, value: object) => ({
  contents: [{ uri, mimeType: "application/json", text: JSON.stringify(value, null, 2) }],
})

import { Effect, Layer } from "effect"
import { ConnectorCatalog, type LoadedConnector } from "../../src/services/ConnectorCatalog.ts"
import { ConnectorHost, type GuestWork, type SyncJob } from "../../src/services/ConnectorHost.ts"
import type { GuestError } from "../../src/services/domain/GuestError.ts"
import type { LoadError } from "../../src/services/domain/LoadError.ts"
import type { ConnectorEntry, SourceDataset } from "../../src/services/domain/Manifest.ts"
import { type CheckedManifest, ManifestService } from "../../src/services/ManifestService.ts"
import { type EnvUnreadable, type MissingSecrets, TokenService } from "../../src/services/TokenService.ts"

export const nothingDone: GuestWork = { outputs: [], state: "{}", requests: 0 }

/** What each connector does when it runs, by name: with it the manifest, the catalog and the host are made up. */
export type Connectors = Readonly<Record<string, Connector>>

interface Connector {
  readonly load?: Effect.Effect<void, LoadError>
  readonly run?: <E>(job: SyncJob<E>) => Effect.Effect<GuestWork, E | GuestError | LoadError>
  readonly timeout?: number
}

const entryOf = (name: string, timeout: number | null): ConnectorEntry => ({
  name,
  module: `connectors/${name}`,
  directory: `/project/connectors/${name}`,
  datasets: new Map([["rows", "rows"]]),
  schedule: null,
  config: {},
  description: null,
  timeout,
  permissions: { read: [], net: null },
})

const manifestOf = (connectors: Connectors, rows: SourceDataset | null): CheckedManifest => ({
  manifest: {
    connectors: new Map(Object.entries(connectors).map(([name, one]) => [name, entryOf(name, one.timeout ?? null)])),
    datasets: new Map(rows === null ? [] : [["rows", rows]]),
    actions: new Map(),
    history: { checkpoints: 100, bytes: 1 << 30 },
    serve: { origin: null },
  },
  problems: [],
  warnings: [],
  problemsOf: () => [],
  problemOfDataset: () => null,
  connectorNames: Object.keys(connectors),
  datasetNames: [],
  actionNames: [],
  outline: { modules: new Map(), targets: [] },
  locate: () => ({ file: "manifest.json", path: "", line: 1, column: 1 }),
})

const loaded = (entry: ConnectorEntry): LoadedConnector => ({
  entry,
  bundle: { module: entry.module, entry: `${entry.module}/index.ts`, file: "/bundle.mjs", hash: "0" },
  description: {
    declaration: {
      description: "a fake",
      schedule: null,
      secrets: [],
      auth: null,
      outputs: [
        { name: "rows", description: null, key: null },
        { name: "other", description: null, key: null },
      ],
    },
    unknownKeys: [],
    site: null,
    configSchema: null,
    config: { ok: true, value: {} },
  },
  schedule: null,
  warnings: [],
})

/** Each has two outputs, "rows" and "other"; "rows" goes to this dataset, and nowhere without one. */
export const fakeConnectors = (connectors: Connectors, rows: SourceDataset | null = null) =>
  Layer.mergeAll(
    Layer.succeed(ManifestService, { load: Effect.sync(() => manifestOf(connectors, rows)) }),
    Layer.mock(ConnectorCatalog, {
      load: (checked, name) =>
        (connectors[name]?.load ?? Effect.void).pipe(
          Effect.map(() => loaded(checked.manifest.connectors.get(name) ?? entryOf(name, null))),
        ),
    }),
    Layer.mock(ConnectorHost, {
      run: (job) => connectors[job.connector]?.run?.(job) ?? Effect.succeed(nothingDone),
    }),
  )

interface FakeTokens {
  readonly failure?: EnvUnreadable | MissingSecrets
  readonly redact?: (text: string) => string
}

export const fakeTokens = ({ failure, redact = (text) => text }: FakeTokens = {}) =>
  Layer.mock(TokenService, {
    credentials: () => (failure === undefined ? Effect.succeed({ secrets: {}, tokens: null }) : Effect.fail(failure)),
    redactor: Effect.succeed(redact),
  })

import { Layer } from "effect"
import { assert } from "vitest"
import * as TransactionalSync from "../../src/layers/TransactionalSync.ts"
import { type SyncEvent, SyncService } from "../../src/services/SyncService.ts"
import { type Connectors, fakeConnectors, fakeTokens } from "./connectors.ts"
import { memoryRunLocks } from "./memoryRunLocks.ts"
import { memoryRunLog } from "./memoryRunLog.ts"
import { memoryStore } from "./memoryStore.ts"

export interface World {
  readonly connectors?: Connectors
  readonly store?: Parameters<typeof memoryStore>[1]
  readonly tokens?: Parameters<typeof fakeTokens>[0]
  readonly elsewhere?: ReadonlyArray<string>
}

/** The sync service on fakes of everything around it. */
export const world = ({ connectors = { one: {} }, store: behaviour, tokens, elsewhere }: World = {}) => {
  const log = memoryRunLog()
  const locks = memoryRunLocks(elsewhere)
  const store = memoryStore(log, behaviour)
  const layer = TransactionalSync.layer.pipe(
    Layer.provide([fakeConnectors(connectors), fakeTokens(tokens), log.layer, locks.layer, store.layer]),
  )
  return { log, locks, store, layer }
}

const cli = { trigger: "cli" } as const

export const sync = (connector: string, onEvent?: (event: SyncEvent) => void) =>
  SyncService.use((service) => service.sync(connector, onEvent === undefined ? cli : { ...cli, onEvent }))

export const syncAll = SyncService.use((service) => service.syncAll(cli))

/** Nothing is held, open or half done. */
export const assertAtRest = ({ log, locks, store }: ReturnType<typeof world>) => {
  assert.strictEqual(locks.held.size, 0)
  assert.strictEqual(log.open.size, 0)
  assert.strictEqual(store.underWay.size, 0)
}

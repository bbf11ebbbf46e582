import { Effect } from "effect"
import * as path from "node:path"
import type { FullSync, TransactionScope } from "../../services/DatasetStore.ts"
import type { Contract } from "../../services/domain/Contract.ts"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import type { OutputPlan } from "../../services/domain/OutputPlan.ts"
import { planNowhere } from "../store/opening.ts"
import { openStaging, stagingDirectory } from "./staging.ts"
import type { World } from "./World.ts"

/** An output that goes somewhere, and the file its rows are staged in. */
export interface Lane {
  readonly dataset: SourceDataset
  readonly key: OutputPlan["key"]
  readonly contract: Contract | null
  readonly file: string
  readonly fd: number
  /** Of a full sync, until the output's first rows are committed. */
  readonly full: FullSync | null
}

export interface Begun {
  readonly scope: TransactionScope
  /** Null: there is none yet. */
  readonly cursor: string | null
  readonly lanes: ReadonlyMap<string, Lane>
}

/** Whatever format a dataset has in its file, its rows are lines of JSON here. */
export const begin = Effect.fnUntraced(function* (world: World, scope: TransactionScope) {
  const cursor = world.cursors.get(scope.connector) ?? null
  const lanes = new Map<string, Lane>()
  const directory = yield* stagingDirectory
  for (const { output, dataset, key = null } of scope.outputs) {
    if (dataset === null) continue
    const contract = world.datasets.get(dataset.name)?.contract ?? null
    const file = path.join(directory, `rows-${lanes.size}`)
    const fd = yield* openStaging(file)
    lanes.set(output, { dataset, key, contract, file, fd, full: scope.full ?? null })
  }
  return { scope, cursor, lanes } satisfies Begun
})

export const plansOf = ({ scope, lanes }: Begun): ReadonlyArray<OutputPlan> =>
  scope.outputs.map(({ output, key = null }) => {
    const lane = lanes.get(output)
    if (lane === undefined) return planNowhere(output, key)
    const { dataset, contract, fd, full } = lane
    const { name, onDrift } = dataset
    const afresh = full !== null
    return { output, dataset: name, fd, codec: "jsonl", contract, columns: null, eol: "\n", onDrift, afresh, key }
  })

/** What the transaction goes on from once some of it is committed. */
export const goOn = (world: World, { scope, lanes }: Begun, written: ReadonlySet<string>): Begun => ({
  scope,
  cursor: world.cursors.get(scope.connector) ?? null,
  lanes: new Map(
    [...lanes].map(([output, lane]) => {
      const contract = world.datasets.get(lane.dataset.name)?.contract ?? null
      return [output, { ...lane, contract, full: written.has(output) ? null : lane.full }]
    }),
  ),
})

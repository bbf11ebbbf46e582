import { Clock, Effect } from "effect"
import type { Retention } from "../../services/DatasetStore.ts"
import type { FieldType, SourceDataset } from "../../services/domain/Manifest.ts"
import { MisfitCell } from "../formats/readRows.ts"
import { settling } from "../store/causes.ts"
import { readError } from "../store/fileReading.ts"
import { idAfter } from "../store/retention.ts"
import { retyped, unfitting } from "../store/settling.ts"
import { type Content, rowsOf, sameContent } from "./content.ts"
import { prune } from "./pruning.ts"
import type { Entry, World } from "./World.ts"

/** See `DatasetStore.settle`. */
export const settle = (
  world: World,
  dataset: SourceDataset,
  types: ReadonlyMap<string, FieldType>,
  retention: Retention,
) =>
  Effect.gen(function* () {
    const { name } = dataset
    const before = world.datasets.get(name) ?? null
    const contract = yield* retyped(dataset, before?.contract ?? null, types)
    if (before === null) return { contract, checkpoint_id: null }
    const after: Content = { ...before, contract }
    if (sameContent(before, after)) return { contract, checkpoint_id: null }
    yield* Effect.tryPromise({
      try: async () => {
        for await (const _ of rowsOf(after));
      },
      catch: (cause) =>
        cause instanceof MisfitCell ? unfitting(dataset, types, cause.issue, null) : readError(dataset, cause),
    })
    const id = yield* idAfter(world.entries.at(-1)?.id)
    const at = new Date(yield* Clock.currentTimeMillis).toISOString()
    const unit = { kind: "dataset", path: `datasets/${name}`, name, before, after } as const
    const datasets = { [name]: { mode: "settle", rows: 0 } } as const
    const facts = { cause: settling, datasets, upserted: {}, connectors: [], toggles: null }
    const entry: Entry = { id, at, ...facts, units: [unit] }
    world.put(unit, "after")
    world.entries = prune([...world.entries, entry], retention)
    return { contract, checkpoint_id: id }
  }).pipe(world.commits.withPermits(1))

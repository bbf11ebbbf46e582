import { Effect, Stream } from "effect"
import type { Review, Work } from "../../services/DatasetStore.ts"
import type { DatasetReview } from "../../services/domain/Preview.ts"
import type { SchemaChange } from "../../services/domain/Run.ts"
import { SchemaDrift } from "../../services/domain/SchemaDrift.ts"
import { admit, changesTo } from "../store/changes.ts"
import { readError } from "../store/fileReading.ts"
import { chunksOf } from "../store/looks.ts"
import type { Tallies } from "../store/tallies.ts"
import { writtenIn } from "../store/written.ts"
import { reviewDrifted, reviewRows } from "../store/reviewing.ts"
import { rowsOf } from "./content.ts"
import type { Begun } from "./opening.ts"
import { emptyStaging, takeStaged } from "./staging.ts"
import { groundOf } from "./transaction.ts"
import type { World } from "./World.ts"

/** See `Transaction.review`. */
export const review = Effect.fnUntraced(function* (world: World, begun: Begun, work: Work, tallies: Tallies) {
  const datasets: Record<string, DatasetReview> = {}
  const schemaChanges: Array<SchemaChange> = []
  const lanes = new Map(begun.lanes)
  let drift: SchemaDrift | null = null
  const { written, dropped } = yield* writtenIn(work, begun.scope, (output) => lanes.get(output))
  for (const { report, lane } of written) {
    const { output } = report
    const { dataset, key, file } = lane
    const ground = groundOf(lane, lane.contract)
    const verdict = yield* admit(report, ground, ground).pipe(
      Effect.catchTag("SchemaDrift", (found) => {
        drift ??= found
        return Effect.succeed(found)
      }),
    )
    if (verdict instanceof SchemaDrift) {
      const staged = { report, codec: "jsonl", chunks: () => chunksOf(file) } as const
      datasets[dataset.name] = yield* reviewDrifted({ ...staged, contract: lane.contract, drift: verdict })
      continue
    }
    const { chunks } = yield* takeStaged(file, report)
    yield* emptyStaging(file)
    const contract = verdict?.contract ?? lane.contract ?? { columns: [] }
    const tally = yield* tallies(output, `${file}.keys`)
    const content = world.datasets.get(dataset.name)
    const there =
      content === undefined || verdict === null // Nothing is to be done, and nothing gives way.
        ? Stream.empty
        : Stream.fromAsyncIterable(rowsOf(content), (cause) => readError(dataset, cause))
    const arriving = { dataset, report, codec: "jsonl", chunks: () => chunks, contract, key, there, tally } as const
    datasets[dataset.name] = yield* reviewRows(arriving)
    if (verdict === null) continue
    schemaChanges.push(...changesTo(dataset.name, verdict))
    lanes.set(output, { ...lane, full: null, contract })
  }
  const told: Review = { datasets, dropped, schemaChanges, drift }
  return { review: told, begun: { ...begun, lanes } satisfies Begun }
})

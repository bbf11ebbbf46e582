import { Effect, Stream } from "effect"
import * as path from "node:path"
import type { Review, Work } from "../../services/DatasetStore.ts"
import type { Contract } from "../../services/domain/Contract.ts"
import type { DatasetReview } from "../../services/domain/Preview.ts"
import type { SchemaChange } from "../../services/domain/Run.ts"
import { SchemaDrift } from "../../services/domain/SchemaDrift.ts"
import { headerOf } from "./arrivals.ts"
import { allRows } from "../formats/readRows.ts"
import { admit, changesTo } from "./changes.ts"
import { readRows } from "./datasetRows.ts"
import type { DatasetState } from "./datasetState.ts"
import { Disk } from "./Disk.ts"
import { chunksOf } from "./looks.ts"
import type { Begun, Lane } from "./opening.ts"
import { reviewDrifted, reviewRows } from "./reviewing.ts"
import { verifyStaged } from "./staged.ts"
import type { Tallies } from "./tallies.ts"
import { takeAway } from "./transaction.ts"
import { writtenIn } from "./written.ts"

/** Looks at what was staged, in copies that a guest cannot reach, and throws it away; see `Transaction.review`. */
export const review = Effect.fnUntraced(function* (home: string, begun: Begun, work: Work, tallies: Tallies) {
  const disk = yield* Disk
  const own = path.join(begun.staging, `review-${begun.checkpoints}`)
  yield* disk.mkdir(own)
  const datasets: Record<string, DatasetReview> = {}
  const schemaChanges: Array<SchemaChange> = []
  const lanes = new Map<string, Lane>(begun.lanes.map((lane) => [lane.output, lane]))
  let drift: SchemaDrift | null = null
  const { written, dropped } = yield* writtenIn(work, begun.scope, (output) => lanes.get(output))
  for (const { report, lane } of written) {
    const { output, state, key } = lane
    const { name } = state.dataset
    const file = yield* takeAway(lane, own)
    const chunks = () => chunksOf(file)
    const arriving = { dataset: state.dataset, report, codec: state.codec, chunks }
    const verdict = yield* admit(report, state, state).pipe(
      Effect.catchTag("SchemaDrift", (found) => {
        drift ??= found
        return Effect.succeed(found)
      }),
    )
    if (verdict instanceof SchemaDrift) {
      datasets[name] = yield* reviewDrifted({ ...arriving, contract: state.contract, drift: verdict })
      continue
    }
    yield* verifyStaged(file, state.codec, report, null)
    const contract = verdict?.contract ?? state.contract ?? { columns: [] }
    const tally = yield* tallies(output, path.join(begun.staging, `keys-${output}`))
    // Where nothing is to be done, nothing gives way.
    const there = verdict === null ? Stream.empty : readRows(home, state.dataset, allRows, contract)
    datasets[name] = yield* reviewRows({ ...arriving, contract, key, there, tally })
    if (verdict === null) continue
    schemaChanges.push(...changesTo(name, verdict))
    lanes.set(output, { ...lane, full: null, state: goOn(state, contract) })
  }
  yield* Effect.ignore(disk.removeTree(own))
  const told: Review = { datasets, dropped, schemaChanges, drift }
  const next: Begun = { ...begun, lanes: [...lanes.values()], checkpoints: begun.checkpoints + 1 }
  return { review: told, begun: next }
})

const goOn = (state: DatasetState, contract: Contract): DatasetState => ({
  ...state,
  contract,
  columns: state.codec === "csv" ? headerOf(state, contract) : state.columns,
})

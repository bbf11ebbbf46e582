import { Clock, Effect } from "effect"
import type { Committed, Work } from "../../services/DatasetStore.ts"
import type { Checkpoint } from "../../services/domain/Checkpoint.ts"
import type { Contract } from "../../services/domain/Contract.ts"
import type { Run, SchemaChange, Upserted } from "../../services/domain/Run.ts"
import { CursorChanged } from "../../services/domain/StoreError.ts"
import type { RunLog } from "../../services/RunLog.ts"
import { admit, changesTo, judgeReport } from "../store/changes.ts"
import { modeOf, writersAfter } from "../store/fullSync.ts"
import { allNew } from "../store/merging.ts"
import { idAfter } from "../store/retention.ts"
import { isWritten, type Written, writtenIn } from "../store/written.ts"
import { type Content, sameContent, type Segment } from "./content.ts"
import { type Begun, goOn, type Lane } from "./opening.ts"
import { prune } from "./pruning.ts"
import { emptyStaging, takeStaged } from "./staging.ts"
import { upsert } from "./upserting.ts"
import type { Unit, World } from "./World.ts"

interface Landing {
  readonly report: Written
  readonly lane: Lane
  readonly staged: Segment
}

type Runs = Pick<RunLog["Service"], "append">
type Recording = (committed: Committed) => Run

/** All of it or nothing: rows, contracts, cursor and run record. */
export const commit = Effect.fnUntraced(function* (
  world: World,
  runs: Runs,
  begun: Begun,
  work: Work,
  record: Recording,
) {
  const { written, dropped } = yield* writtenIn(work, begun.scope, (output) => begun.lanes.get(output))
  const landings: Array<Landing> = []
  for (const { report, lane } of written) {
    // Once rows drift, nothing more of them is staged: this comes before the counting.
    yield* judgeReport(report, groundOf(lane, lane.contract), groundOf(lane, lane.contract))
    landings.push({ report, lane, staged: yield* takeStaged(lane.file, report) })
  }
  const settled = settle(world, runs, begun, work, landings, dropped, record)
  // Once begun it is done: only as long as it waits for others can it be stopped.
  const turn = Effect.interruptible(world.commits.take(1))
  return yield* Effect.acquireUseRelease(
    turn,
    () => settled,
    () => world.commits.release(1),
  ).pipe(Effect.uninterruptible)
})

/** The same while whoever stages lives on; answers also what the transaction goes on from. */
export const checkpoint = Effect.fnUntraced(function* (
  world: World,
  runs: Runs,
  begun: Begun,
  work: Work,
  record: Recording,
) {
  const written = new Set(work.outputs.filter(isWritten).map(({ output }) => output))
  const committed = yield* commit(world, runs, begun, work, record)
  for (const [output, { file }] of begun.lanes) if (written.has(output)) yield* emptyStaging(file)
  return { committed, begun: goOn(world, begun, written) }
})

export const groundOf = ({ dataset }: Lane, contract: Contract | null) => ({
  dataset,
  codec: "jsonl" as const,
  contract,
})

const settle = Effect.fnUntraced(function* (
  world: World,
  runs: Runs,
  { scope, cursor }: Begun,
  work: Work,
  landings: ReadonlyArray<Landing>,
  dropped: Record<string, number>,
  record: Recording,
) {
  const { connector, runId } = scope
  const units: Array<Unit> = []
  const schemaChanges: Array<SchemaChange> = []
  const datasets: Record<string, Run["datasets"][string]> = {}
  const upserted: Record<string, Upserted> = {}
  const changed: Record<string, Checkpoint["datasets"][string]> = {}
  for (const { report: reported, lane, staged } of landings) {
    const { name } = lane.dataset
    const before = world.datasets.get(name) ?? null
    const there = { dataset: lane.dataset, contract: before?.contract ?? null, writers: before?.writers ?? [] }
    const mode = yield* modeOf({ full: lane.full, connector }, reported, there, Effect.succeed(false))
    const report = { ...reported, mode }
    const { output } = report
    datasets[name] = { output, mode, rows: report.rows }
    if (mode === "upsert") upserted[name] = allNew(0)
    const verdict = yield* admit(report, groundOf(lane, lane.contract), groundOf(lane, before?.contract ?? null))
    if (verdict === null) continue
    schemaChanges.push(...changesTo(name, verdict))
    const kept = mode === "replace" || before === null ? [] : before.segments
    const { counts, segments } =
      reported.mode === "upsert" && report.rows > 0
        ? yield* upsert(lane, report.output, verdict.contract, kept, staged)
        : { counts: null, segments: report.rows === 0 ? kept : [...kept, staged] }
    const rows = counts === null ? report.rows : counts.new + counts.changed + counts.unchanged
    datasets[name] = { output, mode, rows }
    if (mode === "upsert" && counts !== null) upserted[name] = counts
    const same: Content = { contract: verdict.contract, writers: there.writers, segments }
    if (before === null ? mode !== "replace" && rows === 0 : sameContent(before, same)) continue
    const after: Content = { ...same, writers: writersAfter(there.writers, connector, mode) }
    units.push({ kind: "dataset", path: `datasets/${name}`, name, before, after })
    changed[name] = { mode, rows }
  }
  const before = world.cursors.get(connector) ?? null
  if (before !== cursor) return yield* new CursorChanged({ connector })
  const moved = work.state !== (before ?? "{}")
  if (moved) units.push({ kind: "cursor", path: `cursors/${connector}`, name: connector, before, after: work.state })

  const isEmpty = units.length === 0
  const id = yield* idAfter(world.entries.at(-1)?.id)
  const at = new Date(yield* Clock.currentTimeMillis).toISOString()
  const committed: Committed = { checkpoint_id: isEmpty ? null : id, datasets, upserted, dropped, schemaChanges }
  // The one step that can fail comes first.
  yield* runs.append(record(committed))
  if (isEmpty) return committed
  for (const unit of units) world.put(unit, "after")
  const cause = { type: "sync", connector, runId, action: null } as const
  const connectors = moved ? [connector] : []
  const ofChanged = Object.entries(upserted).filter(([name]) => Object.hasOwn(changed, name))
  const counts = { datasets: changed, upserted: Object.fromEntries(ofChanged) }
  const entry = { id, at, cause, ...counts, units, connectors, toggles: null }
  world.entries = prune([...world.entries, entry], scope.retention)
  return committed
})

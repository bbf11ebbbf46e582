import { Effect } from "effect"
import type { Far, LogLine } from "../../services/ConnectorHost.ts"
import type { Review } from "../../services/DatasetStore.ts"
import { type DatasetReview, sampleSize } from "../../services/domain/Preview.ts"
import type { SchemaChange } from "../../services/domain/Run.ts"
import type { SchemaDrift } from "../../services/domain/SchemaDrift.ts"
import type { CheckedManifest } from "../../services/ManifestService.ts"
import type { HeldRun } from "../../services/RunLocks.ts"
import { inGuest } from "./inGuest.ts"

/** What one try would have done so far: each `ctx.checkpoint()` adds to it. */
export class Rehearsal {
  readonly datasets = new Map<string, DatasetReview>()
  readonly dropped = new Map<string, number>()
  readonly schemaChanges: Array<SchemaChange> = []
  drift: SchemaDrift | null = null
  /** How far the connector had come when it failed; null where it did not, or could not tell. */
  far: Far | null = null
  /** Commits that a sync would have made on its way, each of something. */
  checkpoints = 0

  add({ datasets, dropped, schemaChanges, drift }: Review): void {
    for (const [name, one] of Object.entries(datasets)) {
      const before = this.datasets.get(name)
      this.datasets.set(name, before === undefined ? one : joined(before, one))
    }
    for (const [output, rows] of Object.entries(dropped)) {
      this.dropped.set(output, rows + (this.dropped.get(output) ?? 0))
    }
    this.schemaChanges.push(...schemaChanges)
    this.drift ??= drift
  }
}

/** A replace after other rows leaves nothing of them. */
const joined = (before: DatasetReview, later: DatasetReview): DatasetReview =>
  later.mode === "replace"
    ? later
    : {
        ...later,
        mode: before.mode,
        rows: before.rows + later.rows,
        inserted: before.inserted + later.inserted,
        replaced: before.replaced,
        merged: before.merged + later.merged,
        unchanged: before.unchanged + later.unchanged,
        ...shownOf(before, later),
      }

const shownOf = (before: DatasetReview, later: DatasetReview): Pick<DatasetReview, "sample" | "more"> => {
  const isUpsert = before.mode === "upsert" && later.mode === "upsert"
  const drifts = later.rows > 0 && later.inserted + later.merged === 0
  // What is told of an upsert is of the whole run, but for rows that drift.
  if (isUpsert && !drifts) return { sample: later.sample, more: later.more }
  const sample = [...before.sample, ...later.sample].slice(0, sampleSize)
  return { sample, more: before.more + later.more + before.sample.length + later.sample.length - sample.length }
}

const changesAnything = ({ datasets, schemaChanges }: Review): boolean =>
  schemaChanges.length > 0 ||
  Object.values(datasets).some(({ inserted, replaced, merged, unchanged }) => inserted + replaced + merged > unchanged)

interface Rehearsing {
  readonly checked: CheckedManifest
  readonly connector: string
  readonly runId: string
  readonly held: HeldRun
  readonly rehearsal: Rehearsal
  readonly onLine: (line: LogLine) => void
  readonly onProgress: (rows: Readonly<Record<string, number>>) => void
}

/** The way of one sync while its lock is held, but that what it would commit is only looked at. */
export const rehearse = Effect.fnUntraced(function* (rehearsing: Rehearsing) {
  const { checked, connector, runId, held, rehearsal, onLine, onProgress } = rehearsing
  const { opened, work } = yield* inGuest({
    checked,
    connector,
    runId,
    held,
    onLine,
    onProgress,
    onFailed: (far) => (rehearsal.far = far),
    onCheckpoint: (opened) => {
      let state = JSON.stringify(opened.state)
      return Effect.fnUntraced(function* (part) {
        const { review, outputs } = yield* opened.review(part)
        rehearsal.add(review)
        if (review.drift !== null) return yield* review.drift
        if (changesAnything(review) || part.state !== state) rehearsal.checkpoints++
        state = part.state
        return { checkpoint_id: null, outputs }
      })
    },
  })
  rehearsal.add((yield* opened.review(work)).review)
  return work
})

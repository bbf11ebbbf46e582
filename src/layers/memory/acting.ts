import { Clock, Effect } from "effect"
import type { ActRequest } from "../../services/DatasetStore.ts"
import type { ActionsDone } from "../../services/domain/Action.ts"
import type { Checkpoint } from "../../services/domain/Checkpoint.ts"
import type { Contract } from "../../services/domain/Contract.ts"
import type { DatasetEdits } from "../../services/domain/Edits.ts"
import type { Row } from "../../services/domain/Row.ts"
import { locatedRows } from "../formats/locatedRows.ts"
import { amended, flattened } from "../store/amending.ts"
import { admit } from "../store/changes.ts"
import { somebody } from "../store/contracts.ts"
import { refusal, reportOf, writerOf } from "../store/encoding.ts"
import { writersAfter } from "../store/fullSync.ts"
import { type NetEdits, netEdits, seededBy } from "../store/netEdits.ts"
import { idAfter } from "../store/retention.ts"
import { bytesOf, type Content, rowsOf, sameContent, type Segment, segmentOf } from "./content.ts"
import { prune } from "./pruning.ts"
import type { Unit, World } from "./World.ts"

type Plan<E> = (contracts: ReadonlyMap<string, Contract | null>) => Effect.Effect<ReadonlyArray<DatasetEdits>, E>

/** See `DatasetStore.act`. */
export const act = <E>(world: World, { datasets, action, retention }: ActRequest, plan: Plan<E>) =>
  Effect.gen(function* () {
    const contracts = datasets.map(({ name }) => [name, world.datasets.get(name)?.contract ?? null] as const)
    const edits = yield* plan(new Map(contracts))
    const units: Array<Unit> = []
    const done: Record<string, ActionsDone["datasets"][string]> = {}
    const changed: Record<string, Checkpoint["datasets"][string]> = {}
    for (const one of edits) {
      const { name } = one.dataset
      const before = world.datasets.get(name) ?? null
      const { after, ...change } = yield* edited(one, before, action)
      done[name] = change
      if (after === null) continue
      units.push({ kind: "dataset", path: `datasets/${name}`, name, before, after })
      changed[name] = change
    }
    if (units.length === 0) return { checkpoint_id: null, datasets: done } satisfies ActionsDone
    const id = yield* idAfter(world.entries.at(-1)?.id)
    const at = new Date(yield* Clock.currentTimeMillis).toISOString()
    const cause = { type: "action", connector: null, runId: null, action } as const
    for (const unit of units) world.put(unit, "after")
    const entry = { id, at, cause, datasets: changed, upserted: {}, units, connectors: [], toggles: null }
    world.entries = prune([...world.entries, entry], retention)
    return { checkpoint_id: id, datasets: done } satisfies ActionsDone
  }).pipe(world.commits.withPermits(1), Effect.uninterruptible)

/** `after` is null where nothing changes. */
const edited = Effect.fnUntraced(function* (
  { dataset, edits, seed }: DatasetEdits,
  before: Content | null,
  output: string,
) {
  const known = before?.contract ?? { columns: [] }
  const net = netEdits(edits, before?.contract ?? seed, false)
  const { mode, fresh } = net
  const contract = before?.contract ?? seededBy(seed, fresh)
  const ground = { dataset, codec: "jsonl", contract, columns: null, eol: "\n" } as const
  const there = before === null || net.clears ? [] : before.segments
  const facts = { output, mode: net.clears ? "replace" : "insert", shape: "segment" } as const
  const { touched, gone, ...staged } = yield* Effect.tryPromise({
    try: async () => {
      const counts = { touched: 0, gone: 0 }
      const changed: Array<Row> = []
      for await (const batch of rowsOf({ segments: there, contract: known })) {
        for (const row of batch) {
          const outcome = net.outcomeOf(row)
          if (outcome === null) continue
          counts.touched++
          if (outcome === "gone") counts.gone++
          else if (!net.isSame(outcome.row, row)) changed.push(outcome.row)
        }
      }
      // The row of an error is one of those that come; the others are there already, and fit.
      const coming = await stage(ground, facts, fresh)
      const changing = await stage(ground, facts, changed)
      const { report } = await stage(ground, facts, [...changed, ...fresh])
      return { ...counts, report, coming: coming.segment, changing: changed.length === 0 ? null : changing.segment }
    },
    catch: (cause) => refusal(ground, output, cause),
  })
  const { report } = staged
  const done = { mode, rows: touched + fresh.length }
  const isNothing = gone + report.rows === 0 && !net.clears
  if (isNothing || (before === null && fresh.length === 0)) return { ...done, after: null }
  const verdict = yield* admit(report, ground, ground)
  if (verdict === null) return { ...done, after: null }
  const settled = verdict.contract
  const kept =
    gone === 0 && staged.changing === null
      ? there
      : [yield* Effect.promise(() => spliced(there, { contract: known, settled, changed: staged.changing, net }))]
  const segments = fresh.length === 0 ? kept : [...kept, staged.coming]
  const others = before?.writers ?? []
  const same: Content = { contract: settled, writers: others, segments }
  if (before !== null && sameContent(before, same)) return { ...done, after: null }
  const writers = report.rows === 0 && !net.clears ? others : writersAfter(others, somebody, facts.mode)
  return { ...done, after: { ...same, writers } satisfies Content }
})

const stage = async (
  ground: Parameters<typeof writerOf>[0],
  facts: Parameters<typeof reportOf>[1],
  rows: ReadonlyArray<Row>,
) => {
  const chunks: Array<Uint8Array> = []
  const writer = writerOf(ground, facts.shape, { write: (bytes) => void chunks.push(bytes) })
  for (const row of rows) writer.row(row)
  const report = reportOf(writer, facts)
  return { report, segment: await segmentOf(chunks) }
}

interface Splicing {
  readonly contract: Contract
  readonly settled: Contract
  readonly changed: Segment | null
  readonly net: NetEdits
}

const spliced = async (
  there: ReadonlyArray<Segment>,
  { contract, settled, changed, net }: Splicing,
): Promise<Segment> => {
  const form = { format: "jsonl", columns: null, header: false } as const
  const base = Buffer.concat(there.flatMap(({ chunks }) => chunks))
  const own = Buffer.concat(changed?.chunks ?? [])
  const coming = flattened(locatedRows({ ...form, contract: settled }, [own]))
  const pieces: Array<Uint8Array> = []
  const rows = locatedRows({ ...form, contract }, [base])
  for await (const { of, from, to } of amended(rows, bytesOf(there), net, coming)) {
    pieces.push((of === "base" ? base : own).subarray(from, to))
  }
  return await segmentOf(pieces)
}

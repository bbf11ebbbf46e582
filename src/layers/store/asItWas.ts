import { Effect } from "effect"
import * as path from "node:path"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import { CannotReadAt } from "../../services/domain/QueryError.ts"
import { UnknownCheckpoint } from "../../services/History.ts"
import { contractFile } from "./contracts.ts"
import { Disk } from "./Disk.ts"
import { placeOf } from "./draft.ts"
import { editedSince } from "./edits.ts"
import type { Keeping } from "./journal.ts"
import { type Plan, type Step, tailOf } from "./plan.ts"
import { readHistory } from "./retention.ts"
import { concat, type Rope, slice, whole } from "./rope.ts"
import { tableAsItWas } from "./tableAsItWas.ts"
import { isWhole, timelineOf, type Turn } from "./timeline.ts"
import { turnFiles } from "./turning.ts"

/**
 * Datasets as they were right after a checkpoint: each with a `file` that holds that, and its contract, if it had one,
 * in `scratch/contracts`. The history is asked what a rollback to there would do; nothing of it is done.
 */
export const asItWas = Effect.fnUntraced(function* (
  home: string,
  checkpoint: string,
  datasets: ReadonlyArray<SourceDataset>,
  scratch: string,
) {
  const { plans } = yield* readHistory(home)
  const at = plans.findIndex(({ id }) => id === checkpoint)
  if (at < 0) return yield* new UnknownCheckpoint({ checkpoint })
  const known = yield* knownOf(home, plans)
  const turn = turnTo(plans, at)
  const later = plans.slice(at + 1)
  const disk = yield* Disk
  yield* disk.mkdir(path.join(scratch, "contracts"))
  return yield* Effect.forEach(datasets, (dataset, index) =>
    Effect.gen(function* () {
      if (later.some((plan) => Object.hasOwn(plan.datasets, dataset.name) && !isWhole(plans, plan))) {
        const detail = "a rollback since then turned checkpoints that are not kept any more"
        return yield* new CannotReadAt({ checkpoint, dataset: dataset.name, detail })
      }
      const kept = contractFile(dataset.name)
      const contract = yield* contentOf(home, turn, known, kept)
      if (contract !== null) yield* putTogether(home, contract, path.join(scratch, kept))
      const target = path.join(scratch, `data-${index}`)
      const file =
        dataset.format === "sqlite"
          ? yield* tableAsItWas(home, turn, dataset, target)
          : yield* fileAsItWas(home, turn, known, placeOf(home, dataset), target)
      return { ...dataset, file }
    }).pipe(
      Effect.catchTag(["CannotUndo", "DatasetChanged"], ({ detail }) =>
        Effect.fail(new CannotReadAt({ checkpoint, dataset: dataset.name, detail })),
      ),
    ),
  )
})

type KnownHistory = Parameters<typeof turnFiles>[3]

const knownOf = Effect.fnUntraced(function* (home: string, plans: ReadonlyArray<Plan>) {
  const timeline = timelineOf(plans)
  const inForce = plans.filter((plan) => plan.toggles === null && timeline.get(plan.id) === null)
  return { plans, inForce, edited: yield* editedSince(home, plans) } satisfies KnownHistory
})

/** What is in force now and wasn't then, and the other way round. */
const turnTo = (plans: ReadonlyArray<Plan>, at: number): Turn => {
  const [now, then] = [timelineOf(plans), timelineOf(plans.slice(0, at + 1))]
  const isNow = ({ id }: Plan) => now.get(id) === null
  const wasThen = ({ id }: Plan) => then.get(id) === null
  const changes = plans.filter(({ toggles }) => toggles === null)
  return {
    undone: changes.filter((plan) => isNow(plan) && !wasThen(plan)).toReversed(),
    redone: changes.filter((plan) => !isNow(plan) && wasThen(plan)),
  }
}

/** What a file held, as parts of files that there are; null where there was none. */
const contentOf = Effect.fnUntraced(function* (home: string, turn: Turn, known: KnownHistory, file: string) {
  const disk = yield* Disk
  const now = yield* disk.stat(path.resolve(home, file))
  const { steps, keeping } = yield* turnFiles(home, "as-it-was", turn, known, false, (one) => one === file)
  const there: Rope | null = now === null ? null : whole(file, now.size)
  const [step] = steps
  return step === undefined ? there : yield* stepped(home, there ?? [], step, keeping)
})

/** A part of a file, or bytes that stand behind one. */
type Content = ReadonlyArray<Rope[number] | Buffer>

/** What the step of a rollback would make of it. */
const stepped = Effect.fnUntraced(function* (home: string, there: Rope, step: Step, keeping: Keeping) {
  const tail = step.op === "swap" ? [] : [tailOf(step)].filter(({ length }) => length > 0)
  switch (step.op) {
    case "truncate":
      return [...slice(there, 0, step.to), ...tail] satisfies Content
    case "append":
      return [...concat(slice(there, 0, step.at), step.extents), ...tail] satisfies Content
    case "swap": {
      const { from } = step
      if (from === null) return null
      const made = keeping.copies.find(({ as }) => as === from)
      if (made !== undefined) return made.extents satisfies Content
      const disk = yield* Disk
      return whole(from, (yield* disk.stat(path.resolve(home, from)))?.size ?? 0) satisfies Content
    }
  }
})

/** Where a file lies whole that is as it was then; put together in `target` if none is. */
const fileAsItWas = Effect.fnUntraced(function* (
  home: string,
  turn: Turn,
  known: KnownHistory,
  file: string,
  target: string,
) {
  const disk = yield* Disk
  const content = yield* contentOf(home, turn, known, file)
  // There was none then, and there is none here.
  if (content === null) return target
  const [only, ...more] = content
  if (only !== undefined && !Buffer.isBuffer(only) && more.length === 0 && only.from === 0) {
    const place = path.resolve(home, only.file)
    if ((yield* disk.stat(place))?.size === only.to) return place
  }
  yield* putTogether(home, content, target)
  return target
})

const putTogether = Effect.fnUntraced(function* (home: string, content: Content, target: string) {
  const disk = yield* Disk
  yield* disk.write(target, Buffer.alloc(0))
  let at = 0
  for (const part of content) {
    if (Buffer.isBuffer(part)) {
      yield* disk.writeAt(target, part, at)
      at += part.length
    } else {
      yield* disk.splice(path.resolve(home, part.file), part, target, at)
      at += part.to - part.from
    }
  }
})

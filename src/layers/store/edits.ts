import { Effect } from "effect"
import * as path from "node:path"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import type { OpenDatabase } from "./database.ts"
import { Disk, sameStamp, type Stamp } from "./Disk.ts"
import { placeOf } from "./draft.ts"
import { readStamps } from "./journal.ts"
import { type FileUnit, isOfFile, type Plan, type Stamps } from "./plan.ts"
import { readHistory } from "./retention.ts"
import { hasTableEdits } from "./tableEdits.ts"
import { timelineOf } from "./timeline.ts"
import { trustOf } from "./trust.ts"

/** Whether anybody but the store wrote a file, which now has this stamp, since a checkpoint. */
export type EditedSince = (plan: Plan, file: string, now: Stamp | null) => boolean

/** Every checkpoint must have found its files as the one before it left them: what differs was written by somebody else. */
export const editedSince = Effect.fnUntraced(function* (home: string, plans: ReadonlyArray<Plan>) {
  const links = new Map<string, Array<Stamps[string] & { readonly id: string }>>()
  for (const { id } of plans) {
    for (const [file, stamps] of Object.entries(yield* readStamps(home, id))) {
      const chain = links.get(file)
      if (chain === undefined) links.set(file, [{ id, ...stamps }])
      else chain.push({ id, ...stamps })
    }
  }
  // What had happened to a file before a rollback turned the checkpoint was that one's concern.
  const lastTurned = new Map<string, string>()
  for (const { id, toggles } of plans) {
    for (const turned of [...(toggles?.undone ?? []), ...(toggles?.redone ?? [])]) lastTurned.set(turned, id)
  }
  const edited: EditedSince = (plan, file, now) => {
    const chain = links.get(file) ?? []
    const turned = lastTurned.get(plan.id) ?? plan.id
    const from = chain.findIndex(({ id }) => id === turned)
    return (
      from < 0 ||
      chain
        .slice(from)
        .some(({ after }, at, rest) => !sameStamp(after, at + 1 < rest.length ? rest[at + 1]!.before : now))
    )
  }
  return edited
})

/** Whether somebody wrote to a dataset by hand, as far back as the history tells. */
export const hasEdits = Effect.fnUntraced(function* (
  home: string,
  dataset: SourceDataset,
  database: OpenDatabase | null,
) {
  const disk = yield* Disk
  const file = placeOf(home, dataset)
  const { plans } = yield* readHistory(home)
  const timeline = timelineOf(plans)
  const inForce = plans.filter((plan) => plan.toggles === null && timeline.get(plan.id) === null)
  // Rows by hand in a table don't show by its file: the database may hold much else.
  if (database !== null && dataset.format === "sqlite") return yield* hasTableEdits(home, dataset, database, inForce)
  const oldest = plans.find((plan) => plan.toggles === null && plan.units.some((unit) => unit.path === file))
  if (oldest === undefined) return false
  const now = yield* disk.stat(path.resolve(home, file))
  const edited = yield* editedSince(home, plans)
  if (!edited(oldest, file, now)) return false
  if ((yield* trustOf(home, file, now, inForce)) !== "same") return true
  // What the store wrote is there as it was; behind it nobody else may have written.
  return (
    now?.size !== endOf(inForce.flatMap((plan) => plan.units.filter(isOfFile).filter((unit) => unit.path === file)))
  )
})

/** Where a file ends that nobody but the store wrote. */
const endOf = (units: ReadonlyArray<FileUnit>): number => {
  const last = units.at(-1)
  if (last === undefined) return 0
  return (last.kind === "append" ? last.at : 0) + last.bytes + (last.tail ?? 0)
}

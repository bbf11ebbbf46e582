import { Effect } from "effect"
import * as path from "node:path"
import { DatasetChanged, StoreFailed } from "../../services/domain/StoreError.ts"
import { CannotUndo } from "../../services/History.ts"
import { beginDatabase, commitDatabase, isBare, type OpenDatabase, reasonOf } from "./database.ts"
import { Disk } from "./Disk.ts"
import type { Keeping } from "./journal.ts"
import { afterSlot, beforeSlot, keysSlot, type Plan, type Unit } from "./plan.ts"
import { readingLines, writeLines } from "./rowSlots.ts"
import { TableRefusal } from "./table/refusal.ts"
import { redo, undo } from "./table/turn.ts"
import type { Turn } from "./timeline.ts"

type Rows = Extract<Unit, { readonly kind: "rows" }>

export interface Move {
  readonly plan: Plan
  readonly unit: Rows
  readonly index: number
  readonly to: "before" | "after"
}

/** What turning the tables of one database takes; null when no table is concerned. */
export interface TurnedTables {
  readonly database: OpenDatabase
  readonly moves: Keeping["moves"]
  readonly made: ReadonlyArray<string>
  readonly spent: ReadonlyArray<string>
  /** The database was made for what is undone now, and nothing else is in it. */
  readonly leftEmpty: boolean
}

/** Turns the tables, within a transaction of their database that is committed with all the rest, or not at all. */
export const turnTables = Effect.fnUntraced(function* (home: string, id: string, turn: Turn, force: boolean) {
  const moves: ReadonlyArray<Move> = [
    ...turn.undone.flatMap((plan) => rowsOf(plan, "before").toReversed()),
    ...turn.redone.flatMap((plan) => rowsOf(plan, "after")),
  ]
  const [first] = moves
  if (first === undefined) return null
  const other = moves.find(({ unit }) => unit.file !== first.unit.file)
  if (other !== undefined) {
    return yield* new CannotUndo({
      checkpoint: turn.undone.at(-1)?.id ?? first.plan.id,
      detail: "what goes with it is in two databases, which cannot be changed as one",
      next: 'Undo one checkpoint at a time, the newest first: "openislands rollback".',
    })
  }
  const disk = yield* Disk
  // A journal without a plan: whoever finds one knows that nothing came of it.
  const scratch = path.join(home, "journal", id)
  return yield* turnRows(home, scratch, turn, moves, force).pipe(
    Effect.onError(() => disk.removeTree(scratch).pipe(Effect.ignore)),
  )
})

const turnRows = Effect.fnUntraced(function* (
  home: string,
  scratch: string,
  turn: Turn,
  moves: ReadonlyArray<Move>,
  force: boolean,
) {
  const disk = yield* Disk
  yield* disk.mkdir(scratch)
  const database = yield* beginDatabase(home, path.resolve(home, moves[0]!.unit.file))
  const kept: Array<Keeping["moves"][number]> = []
  const spent: Array<string> = []
  for (const { plan, unit, index, to } of moves) {
    const slot = (name: (id: string, unit: number) => string) => path.join(home, name(plan.id, index))
    const after = path.join(scratch, `rows-${kept.length}`)
    const work = Effect.tryPromise({
      try: () =>
        readingLines((read) => {
          const before = unit.table.before === null ? null : read(slot(beforeSlot))
          return to === "before"
            ? undo(database.connection, unit.table, { keys: read(slot(keysSlot)), before, force }, (lines) =>
                writeLines(after, lines),
              )
            : redo(database.connection, unit.table, { after: read(slot(afterSlot)), before, force })
        }),
      catch: (cause) => failureOf(plan, unit, cause),
    })
    yield* disk.work("write", database.file, work)
    if (to === "after") spent.push(afterSlot(plan.id, index))
    else {
      yield* disk.fsync(after)
      kept.push({ file: after, as: afterSlot(plan.id, index) })
    }
  }
  const leftEmpty = turn.undone.some((plan) => rowsOf(plan, "before").some(({ unit }) => unit.fresh))
  return {
    database,
    moves: kept,
    made: kept.map(({ as }) => as),
    spent,
    leftEmpty: leftEmpty && isBare(database.connection),
  } satisfies TurnedTables
})

export const rowsOf = (plan: Plan, to: Move["to"]): ReadonlyArray<Move> =>
  plan.units.flatMap((unit, index) => (unit.kind === "rows" ? [{ plan, unit, index, to }] : []))

export const commitTables = ({ database }: TurnedTables, id: string) => commitDatabase(database, id)

export const failureOf = (plan: Plan, unit: Rows, cause: unknown) => {
  const dataset = plan.names[unit.path] ?? ""
  const file = path.normalize(path.join(".openislands", unit.file))
  if (!(cause instanceof TableRefusal)) {
    return new StoreFailed({ operation: "turn", path: file, code: reasonOf(cause) })
  }
  const detail = `table "${unit.table.table}" of ${file}: ${cause.detail}`
  if (cause.kind === "more") {
    const next = "Nothing was undone. With --force the synced rows go and the rows by hand stay."
    return new DatasetChanged({ dataset, file, detail: cause.detail, next })
  }
  const next =
    cause.kind === "damaged"
      ? "Restore .openislands from a backup, or go back by hand."
      : "Take the edit back and try again, or remove the rows by hand."
  return new CannotUndo({ checkpoint: plan.id, detail, next })
}

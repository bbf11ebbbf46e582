import { Effect } from "effect"
import { existsSync } from "node:fs"
import * as path from "node:path"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import { StoreFailed } from "../../services/domain/StoreError.ts"
import { reasonOf, step } from "./database.ts"
import { Disk } from "./Disk.ts"
import { placeOf } from "./draft.ts"
import { afterSlot, beforeSlot, keysSlot } from "./plan.ts"
import { readingLines } from "./rowSlots.ts"
import { connect } from "./table/connect.ts"
import type { Lines } from "./table/slot.ts"
import { redo, undo } from "./table/turn.ts"
import { failureOf, type Move, rowsOf } from "./tableTurning.ts"
import type { Turn } from "./timeline.ts"

/** A copy of a database in which a table is what it was then; what else is in it is as it is now. */
export const tableAsItWas = Effect.fnUntraced(function* (
  home: string,
  turn: Turn,
  dataset: SourceDataset,
  target: string,
) {
  const moves: ReadonlyArray<Move> = [
    ...turn.undone.flatMap((plan) => rowsOf(plan, "before").toReversed()),
    ...turn.redone.flatMap((plan) => rowsOf(plan, "after")),
  ].filter(({ unit }) => unit.path === placeOf(home, dataset))
  if (moves.length === 0) return dataset.file
  yield* copyDatabase(dataset.file, target)
  const disk = yield* Disk
  const connection = yield* Effect.acquireRelease(
    step("open", target, () => connect(target, { create: true })),
    (connection) => Effect.sync(() => connection.close()),
  )
  // Else each row would be a transaction of its own, and each would wait for the disk.
  yield* step("write", target, () => connection.exec("PRAGMA synchronous = OFF; BEGIN"))
  for (const { plan, unit, index, to } of moves) {
    const slot = (name: (id: string, unit: number) => string) => path.join(home, name(plan.id, index))
    const work = Effect.tryPromise({
      try: () =>
        readingLines((read) => {
          const before = unit.table.before === null ? null : read(slot(beforeSlot))
          return to === "before"
            ? undo(connection, unit.table, { keys: read(slot(keysSlot)), before, force: false }, drain)
            : redo(connection, unit.table, { after: read(slot(afterSlot)), before, force: false })
        }),
      catch: (cause) => failureOf(plan, unit, cause),
    })
    yield* disk.work("turn", target, work)
  }
  yield* step("write", target, () => connection.exec("COMMIT"))
  return target
}, Effect.scoped)

/** As SQLite itself copies it: rowids, which the kept rows go by, stay. */
const copyDatabase = Effect.fnUntraced(function* (file: string, target: string) {
  if (!existsSync(file)) return
  const disk = yield* Disk
  const connection = yield* Effect.acquireRelease(
    step("open", file, () => connect(file, { create: false })),
    (connection) => Effect.sync(() => connection.close()),
  )
  // Whoever wrote to it meanwhile would have the copy begin anew, and whoever locked it would have it wait for ever.
  yield* step("read", file, () => connection.exec("BEGIN; SELECT 1 FROM sqlite_schema"))
  const { backup } = process.getBuiltinModule("node:sqlite")
  const copy = Effect.tryPromise({
    try: () => backup(connection, target),
    catch: (cause) => new StoreFailed({ operation: "copy", path: file, code: reasonOf(cause) }),
  })
  yield* disk.work("copy", file, copy)
}, Effect.scoped)

/** Nothing goes by the rows that a rollback would take out. */
const drain = async (lines: Lines): Promise<void> => {
  for await (const _ of lines);
}

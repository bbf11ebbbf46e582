import { Effect } from "effect"
import type { DatabaseSync } from "node:sqlite"
import * as path from "node:path"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import { StoreFailed } from "../../services/domain/StoreError.ts"
import { reasonOf } from "./database.ts"
import { keysSlot, type Plan } from "./plan.ts"
import { readLines } from "./rowSlots.ts"
import type { TableUnit } from "./table/arrive.ts"
import { connect } from "./table/connect.ts"
import { countRows } from "./table/count.ts"
import { digestRows } from "./table/digest.ts"
import { columnNamed, shapeOf, type TableShape } from "./table/shape.ts"
import { collect } from "./table/slot.ts"

/**
 * Whether a table has other rows than those that the checkpoints in force wrote, or other cells in them, as far back as
 * the history tells. Reads all of those rows. The database must not be in the middle of our own writing.
 */
export const tableHasEdits = (home: string, dataset: SourceDataset, place: string, inForce: ReadonlyArray<Plan>) => {
  const units = inForce.flatMap((plan) =>
    plan.units.flatMap((unit, index) =>
      unit.kind === "rows" && unit.path === place
        ? [{ unit: unit.table, keys: path.join(home, keysSlot(plan.id, index)) }]
        : [],
    ),
  )
  const base = units.findLastIndex(({ unit }) => unit.created || unit.replaced)
  const known = units.slice(Math.max(base, 0))
  return Effect.tryPromise({
    try: async () => {
      if (known.length === 0) return false
      const connection = connect(dataset.file, { create: false })
      try {
        const shape = shapeOf(connection, known[0]!.unit.table)
        if (shape === null) return true
        for (const one of known) if (await differs(connection, shape, one)) return true
        // Without the beginning nobody knows what else there was.
        return base >= 0 && countRows(connection, shape) !== known.reduce((sum, { unit }) => sum + unit.rows, 0)
      } finally {
        connection.close()
      }
    },
    catch: (cause) => new StoreFailed({ operation: "read", path: dataset.source, code: reasonOf(cause) }),
  })
}

const differs = async (
  connection: DatabaseSync,
  shape: TableShape,
  { unit, keys }: { readonly unit: TableUnit; readonly keys: string },
): Promise<boolean> => {
  if (unit.columns.some((name) => columnNamed(shape, name) === undefined)) return true
  const { rows, hash } = digestRows(connection, shape, await collect(readLines(keys)), unit.columns)
  return rows !== unit.rows || hash !== unit.hash
}

import type { DatabaseSync } from "node:sqlite"
import type { RowsPart } from "../../services/DatasetStore.ts"
import type { Contract } from "../../services/domain/Contract.ts"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import { DatasetChanged, DatasetMalformed, StoreFailed } from "../../services/domain/StoreError.ts"
import type { Row } from "../../services/domain/Row.ts"
import { allRows, readRows } from "../formats/readRows.ts"
import { reasonOf, step } from "./database.ts"
import { plainHabits } from "./habits.ts"
import type { Looker } from "./looks.ts"
import { changed, malformed } from "./fileReading.ts"
import { SetAside } from "./setAside.ts"
import { checkTable } from "./table/check.ts"
import { connect, isNoDatabase } from "./table/connect.ts"
import { countRows } from "./table/count.ts"
import { mostColumns } from "./table/declare.ts"
import { inferTable } from "./table/infer.ts"
import { readTable } from "./table/read.ts"
import { shapeOf, type TableShape } from "./table/shape.ts"

/** The table's name, which a manifest without a problem always has. */
export const tableName = (dataset: SourceDataset): string => dataset.table ?? dataset.name

export const tableLooker = (dataset: SourceDataset): Looker => ({
  // Also those of an empty table, which the first rows cannot settle.
  habits: () =>
    looking(dataset, (_, shape) => ({ ...plainHabits, columns: shape?.columns.map(({ name }) => name) ?? null })),
  infer: () =>
    looking(dataset, (connection, shape) =>
      shape === null ? { issue: null, contract: null } : inferTable(connection, shape.name),
    ),
  check: (contract) =>
    looking(dataset, (connection, shape) => {
      if (shape === null) throw dropped(dataset)
      return checkTable(connection, shape.name, contract)
    }),
  rows: (contract, part = allRows) => rowsOf(dataset, contract, part),
  count: () => looking(dataset, (connection, shape) => (shape === null ? 0 : countRows(connection, shape))),
})

/**
 * What one moment saw. Whoever reads a database without a log (WAL) keeps others from writing to it, for as long as that
 * takes; so its rows are set aside first, however slowly they are asked for then.
 */
async function* rowsOf(dataset: SourceDataset, contract: Contract, part: RowsPart): AsyncGenerator<ReadonlyArray<Row>> {
  const connection = connect(dataset.file, { create: false })
  try {
    const rows = readTable(connection, tableName(dataset), contract, part)
    if (connection.prepare("PRAGMA journal_mode").get()?.["journal_mode"] === "wal") return yield* rows
    using aside = new SetAside(rows)
    connection.close()
    yield* readRows("jsonl", aside.chunks(), contract)
  } finally {
    if (connection.isOpen) connection.close()
  }
}

/** A look of one moment, by a connection of its own. */
const looking = <A>(dataset: SourceDataset, look: (connection: DatabaseSync, shape: TableShape | null) => A) =>
  step(
    "read",
    dataset.file,
    () => {
      const connection = connect(dataset.file, { create: false })
      try {
        const shape = shapeOf(connection, tableName(dataset))
        if (shape !== null && shape.kind !== "table") throw notATable(dataset, shape)
        if (shape !== null && shape.columns.length > mostColumns) throw tooWide(dataset, shape)
        return look(connection, shape)
      } finally {
        connection.close()
      }
    },
    (cause) => readFailure(dataset, cause),
  )

const readFailure = (dataset: SourceDataset, cause: unknown) => {
  if (cause instanceof DatasetChanged || cause instanceof DatasetMalformed) return cause
  if (isNoDatabase(cause)) {
    return malformed(dataset, null, reasonOf(cause), "Restore it from a backup, or name another file.")
  }
  return new StoreFailed({ operation: "read", path: dataset.source, code: reasonOf(cause) })
}

const dropped = (dataset: SourceDataset) =>
  changed(
    dataset,
    `its table "${tableName(dataset)}" has been dropped or renamed`,
    `Put it back as it was. Or begin it anew: remove .openislands/contracts/${dataset.name}.json, then sync with --full; checkpoints of the rows that are gone can then no longer be undone.`,
  )

const tooWide = (dataset: SourceDataset, { name, columns }: TableShape) =>
  malformed(
    dataset,
    null,
    `table "${name}" has ${columns.length} columns, which is more than ${mostColumns}`,
    "Name another table in manifest.json.",
  )

const notATable = (dataset: SourceDataset, { kind, name }: TableShape) =>
  malformed(
    dataset,
    null,
    `"${name}" is a ${kind === "view" ? "view" : "virtual table"}`,
    "Name a plain table in manifest.json.",
  )

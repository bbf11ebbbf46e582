import { Effect } from "effect"
import type { Contract } from "../../services/domain/Contract.ts"
import type { FieldType } from "../../services/domain/Manifest.ts"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import { SchemaDrift } from "../../services/domain/SchemaDrift.ts"
import { join } from "../formats/settle.ts"
import { bitOfType } from "../formats/values.ts"
import type { DatasetState } from "./datasetState.ts"
import { lookerFor } from "./looks.ts"

/** The file is read so often at most. */
const mostLooks = 5

/**
 * A column whose type was changed (to text, say) can have the type of the rows that arrive now if all that is there fits
 * it. Only the file tells, so it is looked at when rows have drifted, and not before.
 */
export const withWayBack = Effect.fnUntraced(function* (drift: SchemaDrift, report: OutputReport, state: DatasetState) {
  const { contract, dataset, stamp } = state
  const isText = state.codec === "csv" || dataset.format === "json" || dataset.format === "jsonl"
  if (drift.onDrift === "evolve" || contract === null || stamp === null || !isText) return yield* drift
  const types = arriving(drift, report, state)
  for (let looks = 0; types.size > 0; looks++) {
    if (looks === mostLooks) return yield* drift
    // That the file cannot be read now says nothing of the rows.
    const look = yield* lookerFor(dataset).check(retyped(contract, types), stamp).pipe(Effect.option)
    if (look._tag === "None") return yield* drift
    if (look.value === null) break
    if (look.value.column === null || !types.delete(look.value.column)) return yield* drift
  }
  const back = [...types].map(([column, type]) => ({ column, type }))
  const { output, onDrift, added, missing, retyped: columns, recased } = drift
  const facts = { dataset: dataset.name, output, onDrift, added, missing, retyped: columns, recased }
  return yield* new SchemaDrift({ ...facts, settleable: [...drift.settleable, ...back] })
})

/** The types of the rows in columns for which there is no other way. */
const arriving = (drift: SchemaDrift, { columns }: OutputReport, { codec }: DatasetState): Map<string, FieldType> => {
  const types = new Map<string, FieldType>()
  for (const { column } of drift.retyped) {
    const seen = columns.find(({ name }) => name === column)?.seen ?? []
    const { type, mixed } = join(
      seen.reduce((mask, one) => mask | bitOfType(one.type), 0),
      codec,
    )
    const isOffered = drift.settleable.some((one) => one.column === column)
    if (!isOffered && !mixed && type !== "unknown" && type !== "json") types.set(column, type)
  }
  return types
}

const retyped = ({ columns }: Contract, types: ReadonlyMap<string, FieldType>): Contract => ({
  columns: columns.map((column) => {
    const type = types.get(column.name)
    return type === undefined ? column : { name: column.name, type, optional: column.optional }
  }),
})

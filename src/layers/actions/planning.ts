import { Effect } from "effect"
import { ActionRefused, ActionRejected, ActionRowInvalid } from "../../services/domain/ActionError.ts"
import type { Contract } from "../../services/domain/Contract.ts"
import type { DatasetEdits, Edit } from "../../services/domain/Edits.ts"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import type { RowRefused } from "../../services/domain/StoreError.ts"
import { ColumnSet } from "../formats/columnSet.ts"
import { Refusal } from "../formats/rowError.ts"
import { type Called, checkCall, type Ground, Problems } from "./checkCall.ts"
import { seedOf } from "./seed.ts"

/** All calls as edits of their datasets; one bad row refuses them all. */
export const planCalls = Effect.fnUntraced(function* (
  called: ReadonlyArray<Called>,
  contracts: ReadonlyMap<string, Contract | null>,
) {
  const problems = new Problems()
  const plans = new Map<
    string,
    { readonly dataset: SourceDataset; readonly ground: Ground; readonly edits: Array<Edit> }
  >()
  for (const one of called) {
    const { dataset } = one
    let plan = plans.get(dataset.name)
    if (plan === undefined) {
      const contract = contracts.get(dataset.name) ?? null
      const names = yield* namesOf(
        contract === null ? called.filter((other) => other.dataset.name === dataset.name) : [],
      )
      plans.set(dataset.name, (plan = { dataset, ground: { contract, names }, edits: [] }))
    }
    plan.edits.push(yield* checkCall(one, plan.ground, problems))
  }
  if (problems.count > 0) {
    return yield* new ActionRejected({ problems: problems.first, more: problems.count - problems.first.length })
  }
  return [...plans.values()].map(({ dataset, ground, edits }): DatasetEdits => {
    const actions = called.filter((one) => one.dataset.name === dataset.name).map(({ action }) => action)
    return { dataset, edits, seed: ground.contract === null ? seedOf(actions, edits) : null }
  })
})

/** The columns that actions name, as long as no two of them are equal but for case. */
const namesOf = Effect.fnUntraced(function* (called: ReadonlyArray<Called>) {
  const names = new ColumnSet(null, [], "jsonl", "evolve")
  for (const { action } of called) {
    for (const name of action.fields.keys()) {
      try {
        names.find(name)
      } catch (error) {
        if (!Refusal.is(error)) throw error
        const detail = `its field ${JSON.stringify(name)} can be no column: expected ${error.expected}, got ${error.got}`
        return yield* new ActionRefused({ action: action.name, detail, next: "Correct the field in manifest.json." })
      }
    }
  }
  return names
})

/** A row that fits the columns, and not the dataset's own format or table. */
export const rejected = (
  called: ReadonlyArray<Called>,
  { dataset, row, column, detail }: RowRefused,
): ActionRejected => {
  const own = called.filter((one) => one.dataset.name === dataset)
  const { call, at } = placeOf(own, row)
  const { action, index } = call
  const part = action.mode === "update" ? "set" : action.mode === "delete" ? "match" : "rows"
  const facts = { action: action.name, call: index, part, row: at, field: column } as const
  const problem = new ActionRowInvalid({ ...facts, expected: `a row that dataset "${dataset}" takes`, got: detail })
  return new ActionRejected({ problems: [problem], more: 0 })
}

/** Which call a row came with, and where in it; only of rows that all come is that known. */
const placeOf = (
  own: ReadonlyArray<Called>,
  row: number | null,
): { readonly call: Called; readonly at: number | null } => {
  let left = row ?? 0
  for (const one of own) {
    const { length } = (one.call.rows as ReadonlyArray<unknown> | undefined) ?? []
    const isPlain = row !== null && own.every(({ action }) => action.mode === "insert")
    if ((isPlain || (own.length === 1 && row !== null)) && length > left) return { call: one, at: left }
    left -= length
  }
  return { call: own[0]!, at: null }
}

import type { ActionFieldInfo } from "../../services/domain/Action.ts"
import type { Column, Contract } from "../../services/domain/Contract.ts"
import type { ActionEntry, ActionField } from "../../services/domain/Manifest.ts"

/** A column of the rows that an action takes. */
export interface Field {
  readonly name: string
  /** Null in an empty dataset. */
  readonly column: Column | null
  /** What the action says of it beyond that. */
  readonly own: ActionField | null
  readonly required: boolean
  /** It may be null. */
  readonly nullable: boolean
}

/** The columns of a dataset, narrowed by what the action says; of an empty one, those that the action names. */
export const fieldsOf = (action: ActionEntry, contract: Contract | null): ReadonlyArray<Field> =>
  contract === null
    ? [...action.fields].map(([name, own]) => ({ name, column: null, own, required: false, nullable: true }))
    : contract.columns.map((column) => {
        const own = action.fields.get(column.name) ?? null
        const hasDefault = own !== null && "default" in own
        const nullable = column.optional || (hasDefault && own.default === null) || own?.enum?.includes(null) === true
        // What is to be found, or changed, need not be whole.
        const isWhole = action.mode === "insert" || action.mode === "replace"
        return { name: column.name, column, own, required: isWhole && !column.optional && !hasDefault, nullable }
      })

/** An empty dataset whose action names no columns takes what the first rows bring. */
export const isOpen = (action: ActionEntry, contract: Contract | null): boolean =>
  contract === null && action.fields.size === 0

export const infoOf = ({ name, column, own, required }: Field): ActionFieldInfo => ({
  name,
  type: own?.type ?? column?.type ?? "unknown",
  enum: own?.enum ?? null,
  min: own?.min ?? null,
  max: own?.max ?? null,
  default: (own?.default ?? null) as ActionFieldInfo["default"],
  required,
  description: own?.description ?? null,
})

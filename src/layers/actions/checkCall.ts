import { Effect } from "effect"
import { ActionRefused, ActionRejected, ActionRowInvalid } from "../../services/domain/ActionError.ts"
import type { Contract } from "../../services/domain/Contract.ts"
import type { Edit } from "../../services/domain/Edits.ts"
import type { ActionEntry, SourceDataset } from "../../services/domain/Manifest.ts"
import { didYouMean } from "../../services/domain/Name.ts"
import type { Row } from "../../services/domain/Row.ts"
import type { ActionCall } from "../../services/ActionService.ts"
import { put } from "../formats/decode.ts"
import type { ColumnSet } from "../formats/columnSet.ts"
import { describe, Refusal } from "../formats/rowError.ts"
import { checkCell, checkMatch, type Issue, kindOf } from "./checkCell.ts"
import { type Field, fieldsOf, isOpen } from "./fields.ts"

/** The first problem of each bad row. Thousands may be bad for one reason, so only the first of them are kept. */
export class Problems {
  readonly first: Array<ActionRowInvalid> = []
  count = 0

  add(facts: ConstructorParameters<typeof ActionRowInvalid>[0]): void {
    if (++this.count <= ActionRejected.most) this.first.push(new ActionRowInvalid(facts))
  }
}

/** A call, and what the manifest says of it. */
export interface Called {
  readonly action: ActionEntry
  readonly dataset: SourceDataset
  readonly call: ActionCall
  /** Among the calls of the request. */
  readonly index: number
}

/** What rows are held against. */
export interface Ground {
  readonly contract: Contract | null
  /** The columns of an empty dataset so far: what it is told of, and takes for one. */
  readonly names: ColumnSet
}

type Part = ActionRowInvalid["part"]
type Place = Pick<ActionRowInvalid, "action" | "call" | "part" | "row">

/**
 * A call as the store does it, held against its action and the dataset as it is; worth nothing once there are problems.
 * Fails where it makes no sense, whatever its rows are.
 */
export const checkCall = Effect.fnUntraced(function* (
  { action, call, index }: Called,
  ground: Ground,
  problems: Problems,
): Effect.fn.Return<Edit, ActionRefused> {
  yield* demandParts(action, call)
  const checker = new Checker(action, ground, index, problems)
  if (action.mode === "insert" || action.mode === "replace") {
    const rows = (call.rows as ReadonlyArray<unknown>).map((row, at) => checker.row("rows", row, at))
    return { mode: action.mode, rows }
  }
  const match = checker.row("match", call.match, null)
  if (action.mode === "delete") return { mode: "delete", match }
  return { mode: "update", match, set: checker.row("set", call.set, null) }
})

const partsOf = { insert: ["rows"], replace: ["rows"], delete: ["match"], update: ["match", "set"] } as const

const demandParts = Effect.fnUntraced(function* ({ name, mode }: ActionEntry, call: ActionCall) {
  const refused = (detail: string, next: string) => new ActionRefused({ action: name, detail, next })
  const parts: ReadonlyArray<Part> = partsOf[mode]
  const takes = `It takes ${parts.map((part) => `"${part}"`).join(" and ")}.`
  for (const part of ["rows", "match", "set"] as const) {
    if (parts.includes(part) !== (call[part] !== undefined)) {
      const detail = call[part] === undefined ? `"${part}" is missing` : `its mode is ${mode}, which takes no "${part}"`
      return yield* refused(detail, takes)
    }
    if (part === "rows" || call[part] === undefined) continue
    if (!isObject(call[part])) return yield* refused(`"${part}" must be an object, not ${describe(call[part])}`, takes)
    if (Object.keys(call[part]).length > 0) continue
    return yield* part === "match"
      ? refused(`an empty "match" would concern every row`, "Name the columns and values of the rows that are meant.")
      : refused(`"set" is empty`, "Name the columns to be changed, and their values.")
  }
  if (call.rows !== undefined && !Array.isArray(call.rows)) {
    return yield* refused(`"rows" must be a list of rows, not ${describe(call.rows)}`, takes)
  }
})

class Checker {
  readonly #action: ActionEntry
  readonly #call: number
  readonly #fields: ReadonlyMap<string, Field>
  readonly #names: ColumnSet
  readonly #isOpen: boolean
  readonly #problems: Problems

  constructor(action: ActionEntry, { contract, names }: Ground, call: number, problems: Problems) {
    this.#action = action
    this.#call = call
    this.#problems = problems
    this.#names = names
    this.#isOpen = isOpen(action, contract)
    this.#fields = new Map(fieldsOf(action, contract).map((field) => [field.name, field]))
  }

  /** The row with its defaults, if nothing is wrong with it. */
  row(part: Part, value: unknown, row: number | null): Row {
    const place = { action: this.#action.name, call: this.#call, part, row }
    if (!isObject(value)) return this.#problem(place, null, { expected: "an object of fields", got: describe(value) })
    for (const name of Object.keys(value)) {
      const field = this.#fields.get(name)
      if (field === undefined && !this.#isOpen) {
        return this.#problem(place, name, this.#unknown(name))
      }
      const issue =
        (field === undefined ? this.#nameIssue(name) : null) ??
        (part === "match" ? checkMatch : checkCell)(field ?? anything(name), value[name])
      if (issue !== null) return this.#problem(place, name, issue)
    }
    return part === "rows" ? this.#whole(place, value) : value
  }

  #whole(place: Place, given: Row): Row {
    const row: Record<string, unknown> = { ...given }
    for (const field of this.#fields.values()) {
      const { name, own, required, column } = field
      if (Object.hasOwn(given, name)) continue
      if (required) return this.#problem(place, name, { expected: kindOf(column, own), got: "nothing" })
      if (own === null || !("default" in own)) continue
      const issue = checkCell(field, own.default)
      if (issue !== null) return this.#problem(place, name, { ...issue, got: `its default, ${issue.got}` })
      put(row, name, own.default)
    }
    return row
  }

  /** Why no column can be called that. */
  #nameIssue(name: string): Issue | null {
    try {
      this.#names.find(name)
      return null
    } catch (error) {
      if (Refusal.is(error)) return { expected: error.expected, got: error.got }
      throw error
    }
  }

  #unknown(name: string): Issue {
    const names = [...this.#fields.keys()]
    const meant = didYouMean(name, names)
    const expected =
      names.length === 0 ? "no columns, as the dataset is empty" : `one of the columns ${names.join(", ")}`
    return { expected: meant === null ? expected : `${expected} (did you mean "${meant}"?)`, got: "another column" }
  }

  #problem(place: Place, field: string | null, issue: Issue): Row {
    this.#problems.add({ ...place, field, ...issue })
    return {}
  }
}

const anything = (name: string): Field => ({ name, column: null, own: null, required: false, nullable: true })

const isObject = (value: unknown): value is Row => typeof value === "object" && value !== null && !Array.isArray(value)

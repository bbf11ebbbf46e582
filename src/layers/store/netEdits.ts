import type { ActionMode } from "../../services/domain/Action.ts"
import type { Contract } from "../../services/domain/Contract.ts"
import type { Edit } from "../../services/domain/Edits.ts"
import type { Row } from "../../services/domain/Row.ts"
import { type KeyRule, rowComparer } from "../formats/rowKeys.ts"

/** What becomes of a row that is there: it goes, or it gets values. */
export type Outcome = "gone" | { readonly set: Row; readonly row: Row }

/** What edits, one after the other, come to. Rows are equal by the values of their contract, as a reader sees them. */
export interface NetEdits {
  /** As the history shows it. */
  readonly mode: ActionMode
  /** Nothing that is there stays. */
  readonly clears: boolean
  /** Rows that come, in their order. */
  readonly fresh: ReadonlyArray<Row>
  /** What a row that is there must equal, in any of these, to be concerned. */
  readonly matches: ReadonlyArray<Row>
  /** Null when a row isn't concerned. */
  readonly outcomeOf: (row: Row) => Outcome | null
  /** Whether two rows have the same values. */
  readonly isSame: (a: Row, b: Row) => boolean
}

type Change = Extract<Edit, { readonly match: Row }> & { readonly matches: (row: Row) => boolean }

/** `contract` is null where there are no rows, and nothing says of which columns the first ones are. */
export const netEdits = (edits: ReadonlyArray<Edit>, contract: Contract | null, instants: boolean): NetEdits => {
  const rule: KeyRule = { contract: contract ?? matchedIn(edits), key: [], instants }
  const changes: Array<Change> = []
  let fresh: ReadonlyArray<Row> = []
  let clears = false
  for (const edit of edits) {
    if ("rows" in edit) {
      fresh = edit.mode === "replace" ? edit.rows : [...fresh, ...edit.rows]
      clears ||= edit.mode === "replace"
    } else {
      const change: Change = { ...edit, matches: matcher(rule, edit.match) }
      changes.push(change)
      fresh = fresh.flatMap((row) => {
        const outcome = through(row, [change])
        return outcome === "gone" ? [] : [outcome?.row ?? row]
      })
    }
  }
  const modes = new Set(edits.map(({ mode }) => mode))
  const [only = "update"] = modes
  return {
    mode: modes.size === 1 ? only : clears ? "replace" : "update",
    clears,
    fresh,
    matches: clears ? [] : changes.map(({ match }) => match),
    outcomeOf: (row) => through(row, changes),
    isSame: rowComparer(rule),
  }
}

const matchedIn = (edits: ReadonlyArray<Edit>): Contract => {
  const names = new Set(edits.flatMap((edit) => ("match" in edit ? Object.keys(edit.match) : [])))
  return { columns: [...names].map((name) => ({ name, type: "unknown", optional: true })) }
}

const matcher = (rule: KeyRule, match: Row) => {
  const columns = rule.contract.columns.filter(({ name }) => Object.hasOwn(match, name))
  const isSame = rowComparer({ ...rule, contract: { columns } })
  // It has been checked that the contract knows them; matching less than was asked for would be the worst.
  if (columns.length < Object.keys(match).length) return () => false
  return (row: Row) => isSame(row, match)
}

const through = (row: Row, changes: ReadonlyArray<Change>): Outcome | null => {
  let set = null as Row | null
  let now = row
  for (const change of changes) {
    if (!change.matches(now)) continue
    if (change.mode === "delete") return "gone"
    set = set === null ? change.set : { ...set, ...change.set }
    now = { ...now, ...change.set }
  }
  return set === null ? null : { set, row: now }
}

/** What an empty dataset's first rows are held against: columns that none of them has are optional. */
export const seededBy = (seed: Contract | null, rows: ReadonlyArray<Row>): Contract | null =>
  seed === null
    ? null
    : {
        columns: seed.columns.map((column) => ({
          ...column,
          optional: !rows.some((row) => Object.hasOwn(row, column.name)),
        })),
      }

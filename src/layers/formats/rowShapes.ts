import type { ColumnTally } from "./columnTally.ts"
import { getIn, newMap, setIn } from "./primordials.ts"

/** How to write rows that have one sequence of keys: the cells in the order of the output, and the text between them. */
export interface RowPlan {
  readonly columns: ReadonlyArray<ColumnTally>
  /** What precedes the cell of the same index. */
  readonly before: ReadonlyArray<string>
  /** `before` with the closing quote of the cell in front, the opening quote of this one, or both: fewer concatenations. */
  readonly closing: ReadonlyArray<string>
  readonly opening: ReadonlyArray<string>
  readonly between: ReadonlyArray<string>
  /** What ends the line, its line break included. */
  readonly after: string
  /** False until one row of this plan was looked at as an object. */
  vetted: boolean
}

/** A step in the tree of key sequences; it remembers the last key taken, which for regular data is always the right one. */
interface Step {
  key: string | null
  next: Step | null
  others: Map<string, Step> | null
  plan: RowPlan | null
}

/** Rows whose keys never repeat would grow the tree without end; then it starts anew. */
const MAX_STEPS = 20_000

function newStep(): Step {
  return { key: null, next: null, others: null, plan: null }
}

/** Finds the plan for a row's keys, at the cost of one comparison per key while rows are alike. */
export class RowShapes {
  #root = newStep()
  #steps = 0
  readonly #plan: (keys: ReadonlyArray<string>) => RowPlan

  /** `plan` is called once per new sequence of keys. */
  constructor(plan: (keys: ReadonlyArray<string>) => RowPlan) {
    this.#plan = plan
  }

  planOf(keys: ReadonlyArray<string>): RowPlan {
    if (this.#steps > MAX_STEPS) this.forget()
    let step = this.#root
    for (let at = 0; at < keys.length; at++) {
      const key = keys[at]!
      step = step.key === key ? step.next! : this.#turn(step, key)
    }
    if (step.plan !== null) return step.plan
    // Making a plan may find new columns and thereby forget all others, so the tree is entered again.
    const plan = this.#plan(keys)
    let leaf = this.#root
    for (let at = 0; at < keys.length; at++) leaf = this.#turn(leaf, keys[at]!)
    leaf.plan = plan
    return plan
  }

  /** Drops all plans: they have become wrong, because the columns grew. */
  forget(): void {
    this.#root = newStep()
    this.#steps = 0
  }

  #turn(step: Step, key: string): Step {
    step.others ??= newMap<string, Step>()
    let next = getIn(step.others, key)
    if (next === undefined) {
      this.#steps++
      next = newStep()
      setIn(step.others, key, next)
    }
    step.key = key
    step.next = next
    return next
  }
}

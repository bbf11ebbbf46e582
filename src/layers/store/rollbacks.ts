import { Effect } from "effect"
import { readPlan } from "./journal.ts"
import { listHistory } from "./retention.ts"

/** What counts of a checkpoint that is kept; it never changes. */
export interface Turned {
  /** Epoch milliseconds. */
  readonly at: number
  /** Whose cursors a rollback moved; none of a sync. */
  readonly connectors: ReadonlyArray<string>
}

/**
 * When a rollback moved the connector's cursor last, if that was after `since`; both in epoch milliseconds. Only what is
 * newer is read, and that once.
 */
export const lastRollback = Effect.fnUntraced(function* (
  home: string,
  known: Map<string, Turned>,
  connector: string,
  since: number,
) {
  for (const id of (yield* listHistory(home)).toReversed()) {
    let turned = known.get(id)
    if (turned === undefined) {
      const plan = yield* readPlan(home, id)
      turned = { at: Date.parse(plan.at), connectors: plan.toggles === null ? [] : plan.connectors }
      known.set(id, turned)
    }
    if (turned.at <= since) return null
    if (turned.connectors.includes(connector)) return turned.at
  }
  return null
})

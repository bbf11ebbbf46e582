import { Clock, Effect } from "effect"
import type { RolledBack } from "../../services/History.ts"
import type { RunLocks } from "../../services/RunLocks.ts"
import { demandEnded } from "../store/busy.ts"
import { type Attempt, withCursorLocks } from "../store/cursorLocks.ts"
import { findTurn, foreseen, type Found, rowsTurned } from "../store/findTurn.ts"
import { idAfter } from "../store/retention.ts"
import { connectorsOf } from "../store/rollbacks.ts"
import { movedBy } from "../store/timeline.ts"
import { begunBy, type Entry, type World } from "./World.ts"

/** Nobody writes here by hand, so there is nothing to force. */
export const rollback = (world: World, locks: RunLocks["Service"], checkpoint: string | null) =>
  withCursorLocks(locks, (held) =>
    Effect.gen(function* () {
      const found = yield* findTurn(world.entries, checkpoint)
      const { turn } = found
      yield* demandEnded(locks, turn)
      const needs = movedBy(turn)
      if (!needs.isSubsetOf(held)) return { done: false, needs } satisfies Attempt<RolledBack>
      return { done: true, value: yield* perform(world, found) } satisfies Attempt<RolledBack>
    }).pipe(world.commits.withPermits(1)),
  )

const perform = Effect.fnUntraced(function* (world: World, found: Found<Entry>) {
  const { target, turn } = found
  const id = yield* idAfter(world.entries.at(-1)?.id)
  const at = new Date(yield* Clock.currentTimeMillis).toISOString()
  const undone = turn.undone.map((entry) => entry.id)
  const redone = turn.redone.map((entry) => entry.id)
  const entry: Entry = {
    id,
    at,
    cause: { type: "rollback", connector: null, runId: null, action: null },
    datasets: rowsTurned(turn),
    upserted: {},
    units: [],
    connectors: [...movedBy(turn)],
    toggles: { target: target.id, undone, redone },
  }
  for (const { units } of turn.undone) for (const unit of units) world.put(unit, "before")
  for (const { units } of turn.redone) for (const unit of units) world.put(unit, "after")
  world.entries = [...world.entries, entry]
  return { checkpoint_id: id, ...foreseen(found, begunBy) } satisfies RolledBack
})

/** When a rollback turned each connector last, in epoch milliseconds. */
export const lastTurned = (entries: ReadonlyArray<Entry>): ReadonlyMap<string, number> => {
  const of = new Map(entries.map(({ id, cause }) => [id, cause.connector]))
  const rollbacks = entries.flatMap(({ at, connectors, toggles }) =>
    toggles === null
      ? []
      : connectorsOf(
          connectors,
          [...toggles.undone, ...toggles.redone].map((id) => of.get(id) ?? null),
        ).map((connector) => [connector, Date.parse(at)] as const),
  )
  return new Map(rollbacks)
}

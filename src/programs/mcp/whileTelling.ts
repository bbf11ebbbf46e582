import { Effect } from "effect"
import type { CallContext } from "./tool.ts"

/** Clients give up on a call of which they hear nothing, some after 20 s. */
const silence = "4 seconds"

/** Tells the client how many rows there are whenever that changes, and else that it goes on, until the work is done. */
export const whileTelling = Effect.fnUntraced(function* <A, E, R>(
  { progress }: CallContext,
  work: (onRows: (rows: Readonly<Record<string, number>>) => void) => Effect.Effect<A, E, R>,
) {
  const context = yield* Effect.context<never>()
  let rows = 0
  let last = -1
  // The protocol has it grow each time; a sync that is tried again begins at no rows.
  const tell = Effect.suspend(() => {
    last = Math.max(rows, last + 0.001)
    return progress(last, `${rows} ${rows === 1 ? "row" : "rows"}`)
  })
  let isOver = false
  const onRows = (counts: Readonly<Record<string, number>>): void => {
    // A sync may go on when the call has been answered; the protocol wants to hear no more of it then.
    if (isOver) return
    rows = Object.values(counts).reduce((sum, count) => sum + count, 0)
    Effect.runForkWith(context)(tell)
  }
  const over = Effect.sync(() => void (isOver = true))
  return yield* Effect.raceFirst(work(onRows), Effect.forever(Effect.andThen(Effect.sleep(silence), tell))).pipe(
    Effect.ensuring(over),
  )
})

import { Effect, Scope } from "effect"
import { KeyTally } from "./keyTally.ts"

/** Gives the tally of an output, which lives as long as the transaction. */
export type Tallies = (output: string, spillTo: string) => Effect.Effect<KeyTally>

export const talliesOf: Effect.Effect<Tallies, never, Scope.Scope> = Effect.gen(function* () {
  const lifetime = yield* Effect.scope
  const made = new Map<string, KeyTally>()
  return (output, spillTo) => {
    const known = made.get(output)
    if (known !== undefined) return Effect.succeed(known)
    return Effect.acquireRelease(
      Effect.sync(() => new KeyTally(spillTo)),
      (tally) => Effect.sync(() => tally.close()),
    ).pipe(
      Effect.tap((tally) => Effect.sync(() => made.set(output, tally))),
      Scope.provide(lifetime),
    )
  }
})

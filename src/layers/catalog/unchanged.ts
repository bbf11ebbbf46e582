import { Clock, Effect, Semaphore } from "effect"
import type { Project } from "../../services/Project.ts"
import { stampsOf } from "./stamps.ts"

/** Milliseconds after which it is looked at again whatever the files say: an import may lie anywhere. */
const atMost = 5 * 60_000
/** How much of the time looking again may take: a thousand connectors are not worth a processor. */
const share = 1 / 500

interface Asked<A, B, E, R> {
  /** What all of them have in common. */
  readonly load: Effect.Effect<A, E, R>
  readonly names: (loaded: A) => ReadonlyArray<string>
  readonly answer: (loaded: A, name: string) => Effect.Effect<B, never, R>
  /** When each connector was undone last, which no file of its own tells; null when that cannot be known. */
  readonly undone: Effect.Effect<ReadonlyMap<string, number> | null, never, R>
}

interface Kept<A, B> {
  readonly common: string
  readonly at: number
  readonly until: number
  readonly loaded: A
  readonly history: string
  readonly undone: ReadonlyMap<string, number> | null
  readonly answers: ReadonlyMap<string, { readonly own: string; readonly value: B }>
}

/**
 * Answers for each connector that are kept as long as no file has changed that they could have come from, by their sizes
 * and times: what one run leaves behind is looked at for that one. And how to have all of it worked out anew, for what
 * those don't show.
 */
export const whileUnchanged = <A, B, E, R>(project: Project["Service"], asked: Asked<A, B, E, R>) =>
  Effect.sync(() => {
    let last: Kept<A, B> | null = null
    // Whoever comes meanwhile waits for what the other works out.
    const turn = Semaphore.makeUnsafe(1)
    const forget = Effect.sync(() => void (last = null))
    const look = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const { common, history, own } = stampsOf(project)
      // A clock that was set back makes everything that was worked out from it doubtful.
      const before = last !== null && last.common === common && now >= last.at && now < last.until ? last : null
      const loaded = before === null ? yield* asked.load : before.loaded
      const undone = before?.history === history ? before.undone : yield* asked.undone
      const owns = (name: string): string => `${own(name)} ${undone === null ? history : undone.get(name)}`
      const one = Effect.fnUntraced(function* (name: string) {
        const kept = before?.answers.get(name)
        if (kept !== undefined && kept.own === owns(name)) return [name, kept] as const
        return [name, { own: owns(name), value: yield* asked.answer(loaded, name) }] as const
      })
      const answers = new Map(yield* Effect.forEach(asked.names(loaded), one, { concurrency: 8 }))
      const took = (yield* Clock.currentTimeMillis) - now
      const span = before ?? { at: now, until: now + Math.max(atMost, took / share) }
      last = { common, history, undone, loaded, answers, at: span.at, until: span.until }
      return new Map([...answers].map(([name, { value }]) => [name, value]))
    })
    return { answer: turn.withPermits(1)(look), forget }
  })

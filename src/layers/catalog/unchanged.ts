import { Clock, Effect, Semaphore } from "effect"
import { readdirSync, statSync } from "node:fs"
import * as path from "node:path"
import type { Project } from "../../services/Project.ts"

/** Milliseconds after which it is looked at again whatever the files say: an import may lie anywhere. */
const atMost = 5 * 60_000
/** How much of the time looking again may take: a thousand connectors are not worth a processor. */
const share = 1 / 500

/**
 * An answer that is kept as long as no file has changed that it could have come from, by their sizes and times; and how
 * to have it worked out anew for what those don't show.
 */
export const whileUnchanged = <A, E, R>(project: Project["Service"], answer: Effect.Effect<A, E, R>) =>
  Effect.sync(() => {
    let last: { readonly signature: string; readonly at: number; readonly until: number; readonly value: A } | null =
      null
    // Whoever comes meanwhile waits for what the other works out.
    const turn = Semaphore.makeUnsafe(1)
    const forget = Effect.sync(() => void (last = null))
    const look = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const signature = signatureOf(project)
      // A clock that was set back makes everything that was worked out from it doubtful.
      if (last !== null && last.signature === signature && now >= last.at && now < last.until) return last.value
      const value = yield* answer
      const took = (yield* Clock.currentTimeMillis) - now
      last = { signature, at: now, until: now + Math.max(atMost, took / share), value }
      return value
    })
    return { answer: turn.withPermits(1)(look), forget }
  })

const signatureOf = ({ root, layout }: Project["Service"]): string =>
  [
    stamp(layout.manifest),
    stamp(layout.env),
    stamp(layout.history),
    ...stampsIn(layout.tokens, ".json"),
    ...stampsIn(layout.runs, ".jsonl"),
    ...sourcesIn(path.join(root, "connectors")),
  ].join()

const stamp = (file: string): string => {
  const stat = statSync(file, { throwIfNoEntry: false })
  return stat === undefined ? "-" : `${stat.mtimeMs}:${stat.size}:${stat.ino}`
}

const stampsIn = (directory: string, ending: string): ReadonlyArray<string> => {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith(ending))
      .map((name) => `${name}:${stamp(path.join(directory, name))}`)
  } catch {
    return []
  }
}

/** The usual place of modules, a level deep; elsewhere an edit counts when it is looked at again. */
const sourcesIn = (directory: string): ReadonlyArray<string> => {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => stampsIn(path.join(directory, name), ""))
  } catch {
    return []
  }
}

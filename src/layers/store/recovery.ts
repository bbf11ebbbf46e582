import { Effect, Option } from "effect"
import * as path from "node:path"
import { Disk } from "./Disk.ts"
import { decodePlan, finish, isDecided, planFile, undoJournal } from "./journal.ts"
import { isId, type Plan } from "./plan.ts"
import { unknownTransaction } from "./suspects.ts"
import { orIfUnusable } from "./unusable.ts"

/** What became of a transaction that was cut short. */
export type Recovered =
  | { readonly outcome: "finished" | "undone"; readonly plan: Plan }
  /** It had no plan yet: nothing had been changed. */
  | { readonly outcome: "removed"; readonly id: string }

/**
 * Brings whatever a dead process left under way to one of its two ends, and tells of each once it is there. Runs under
 * the commit lock only.
 */
export const recover = Effect.fnUntraced(function* <E, R>(
  home: string,
  tell: (recovered: Recovered) => Effect.Effect<void, E, R>,
) {
  const disk = yield* Disk
  for (const id of (yield* disk.list(path.join(home, "journal"))).filter(isId)) {
    const journal = path.join(home, "journal", id)
    const read = disk.read(path.join(journal, planFile))
    const text = yield* orIfUnusable(read, (detail) => unknownTransaction(home, id, detail))
    if (text === null) {
      yield* disk.removeTree(journal)
      yield* tell({ outcome: "removed", id })
      continue
    }
    const plan = Option.getOrNull(decodePlan(text.toString("utf8")))
    if (plan === null) return yield* unknownTransaction(home, id, "it cannot be understood")
    if (yield* isDecided(home, journal, plan)) {
      // It may have died before that was durable.
      yield* disk.fsyncDirectory(journal)
      yield* finish(home, journal, plan)
      yield* tell({ outcome: "finished", plan })
    } else {
      yield* undoJournal(home, journal, plan)
      yield* tell({ outcome: "undone", plan })
    }
  }
})

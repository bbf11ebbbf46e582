import { Clock, Effect } from "effect"
import type { Retention } from "../../services/DatasetStore.ts"
import type { Cause } from "../../services/domain/Checkpoint.ts"
import { carryChecked, rememberChecked } from "./checked.ts"
import type { Stamp } from "./Disk.ts"
import { commitDatabase } from "./database.ts"
import type { Draft } from "./draft.ts"
import { execute } from "./journal.ts"
import { stampOf } from "./looks.ts"
import { isOfFile, type Plan } from "./plan.ts"
import { idAfter, listHistory, prune } from "./retention.ts"

/** Whose transaction it is, and the connectors whose cursor it moves. */
export interface Origin {
  readonly cause: Cause
  readonly connectors: ReadonlyArray<string>
  readonly retention: Retention
}

/** Makes a draft a checkpoint. */
export const publish = Effect.fnUntraced(function* (draft: Draft, { cause, connectors, retention }: Origin) {
  const { home, id, datasets, upserted, names, formats, units, steps, spent, links, moves, texts, unchanged } = draft
  const database = units.every(isOfFile) ? null : draft.database
  const plan: Plan = {
    version: 1,
    id,
    at: new Date(yield* Clock.currentTimeMillis).toISOString(),
    ...(database === null ? {} : { database: draft.relative(database.file) }),
    cause,
    datasets,
    upserted,
    connectors,
    names,
    formats,
    units,
    toggles: null,
    steps,
    made: [],
    spent,
  }
  const decide = database === null ? Effect.void : commitDatabase(database, id)
  const { after } = yield* execute(home, plan, { links, moves, texts, copies: [], unchanged }, decide)
  // What is committed is committed: what cannot be remembered is checked again, history is shortened the next time.
  if (database !== null) yield* carryChecked(home, database)
  yield* Effect.ignore(rememberAll(draft, after))
  yield* Effect.ignore(prune(home, retention))
})

/** What somebody has written to a file since has yet to be looked at. */
const rememberAll = Effect.fnUntraced(function* (draft: Draft, after: Readonly<Record<string, Stamp | null>>) {
  for (const { dataset, text, stamp: before } of draft.contracts.values()) {
    const place = draft.relative(dataset.file)
    const left = Object.hasOwn(after, place) ? after[place]! : before
    const stamp = dataset.format === "sqlite" ? yield* stampOf(dataset) : left
    if (stamp !== null && text !== null) yield* rememberChecked(draft.home, dataset.name, stamp, text)
  }
})

/** That of the next checkpoint. */
export const nextId = Effect.fnUntraced(function* (home: string) {
  return yield* idAfter((yield* listHistory(home)).at(-1))
})

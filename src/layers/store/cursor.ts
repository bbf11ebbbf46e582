import { Effect } from "effect"
import * as path from "node:path"
import { StoreCorrupt } from "../../services/domain/StoreError.ts"
import { cursorFile } from "./cursorFile.ts"
import { Disk } from "./Disk.ts"
import { readHistory } from "./retention.ts"
import { timelineOf } from "./timeline.ts"
import { orIfUnusable } from "./unusable.ts"

export interface Cursor {
  /** Null: there is no file yet. */
  readonly text: string | null
  readonly value: unknown
}

export const readCursor = Effect.fnUntraced(function* (home: string, connector: string) {
  const disk = yield* Disk
  const read = disk.read(path.join(home, cursorFile(connector)))
  const text = (yield* orIfUnusable(read, (detail) => damaged(connector, detail)))?.toString("utf8") ?? null
  if (text === null) return { text, value: {} } satisfies Cursor
  const value = parsed(text)
  if (value === null) return yield* damaged(connector, "it holds no JSON object", yield* lastMove(home, connector))
  return { text, value } satisfies Cursor
})

const parsed = (text: string): object | null => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && !Array.isArray(value) ? value : null
  } catch {
    return null
  }
}

/** The sync that moved it last: the newest of all may be another connector's, which has no part in this. */
const lastMove = Effect.fnUntraced(function* (home: string, connector: string) {
  const { plans } = yield* readHistory(home)
  const timeline = timelineOf(plans)
  const moves = plans.filter(({ toggles, connectors }) => toggles === null && connectors.includes(connector))
  return moves.findLast(({ id }) => timeline.get(id) === null)?.id ?? null
})

const damaged = (connector: string, detail: string, lastMove: string | null = null) => {
  const back =
    lastMove === null ? "" : `go back to before its last sync (openislands rollback ${lastMove} --force); or `
  return new StoreCorrupt({
    file: path.join(".openislands", cursorFile(connector)),
    detail,
    wayOut: `Put it right from a backup; or ${back}remove it: connector "${connector}" then begins from the start, and may insert rows again.`,
  })
}

/** The file's text for a cursor; the same cursor always gives the same text. */
export const cursorText = (state: string): string => `${state}\n`

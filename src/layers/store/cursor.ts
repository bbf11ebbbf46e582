import { Effect } from "effect"
import * as path from "node:path"
import { StoreCorrupt } from "../../services/domain/StoreError.ts"
import { Disk } from "./Disk.ts"

/** Relative to `.openislands`; holds a connector's `ctx.state` as JSON. */
export const cursorFile = (connector: string): string => `state/${connector}.json`

export interface Cursor {
  /** Null: there is no file yet. */
  readonly text: string | null
  readonly value: unknown
}

export const readCursor = Effect.fnUntraced(function* (home: string, connector: string) {
  const disk = yield* Disk
  const file = cursorFile(connector)
  const text = (yield* disk.read(path.join(home, file)))?.toString("utf8") ?? null
  if (text === null) return { text, value: {} } satisfies Cursor
  const value = yield* Effect.try({
    try: () => JSON.parse(text) as unknown,
    catch: (cause) =>
      new StoreCorrupt({
        file: path.join(".openislands", file),
        detail: `it is not JSON (${cause instanceof Error ? cause.message : cause})`,
        wayOut: `Go back to before it with "openislands rollback --force", or remove it: connector "${connector}" then begins from the start, and may insert rows again.`,
      }),
  })
  return { text, value } satisfies Cursor
})

/** The file's text for a cursor; the same cursor always gives the same text. */
export const cursorText = (state: string): string => `${state}\n`

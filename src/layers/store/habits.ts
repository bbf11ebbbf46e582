import type { Eol } from "../../services/domain/Contract.ts"

/** How a file is written, which an append keeps. */
export interface Habits {
  /** The header of a CSV with rows. */
  readonly columns: ReadonlyArray<string> | null
  readonly eol: Eol
  readonly bom: boolean
  readonly finalNewline: boolean
  /** The end of a JSON array: what is behind its last element. */
  readonly closing: { readonly bytes: Buffer; readonly empty: boolean } | null
}

export const plainHabits: Habits = { columns: null, eol: "\n", bom: false, finalNewline: true, closing: null }

/** A line that goes on beyond this is no header. */
export const longestHeader = 1 << 24

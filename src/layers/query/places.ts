import { Buffer } from "node:buffer"

export interface Place {
  readonly line: number | null
  readonly column: number | null
}

/** Where a byte of a text stands, counted from 1, in characters; null stays null. */
export const placeIn = (text: string, at: number | null): Place => {
  if (at === null) return { line: null, column: null }
  const before = Buffer.from(text).subarray(0, at).toString("utf8").split("\n")
  return { line: before.length, column: [...before.at(-1)!].length + 1 }
}

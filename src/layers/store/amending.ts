import type { LocatedRow } from "../formats/locatedRows.ts"
import type { NetEdits } from "./netEdits.ts"

/** Bytes of the file as it is, or of the rows that take the place of some. */
export interface Range {
  readonly of: "base" | "changed"
  readonly from: number
  readonly to: number
}

type Rows = AsyncIterable<ReadonlyArray<LocatedRow>>

/**
 * What a file of text is made of once its rows were edited, up to `end`: rows that stay keep their bytes and what stands
 * before them, rows that changed come from another file in the order in which they are there, of rows that go nothing is
 * left. Where no row is left it yields nothing, and answers where what stood before the first one ended.
 */
export async function* amended(
  rows: Rows,
  end: number,
  net: NetEdits,
  changed: AsyncIterator<LocatedRow>,
): AsyncGenerator<Range, { readonly head: number } | null, undefined> {
  let pending = null as Range | null
  /** Where what stands before the first row ends, and where the row before this one does. */
  let head: number | null = null
  let last = 0
  let isLeft = false
  for await (const batch of rows) {
    for (const { from, to, row } of batch) {
      head ??= from
      const outcome = net.outcomeOf(row)
      const before = isLeft ? last : 0
      const until = isLeft ? from : head
      last = to
      if (outcome === "gone") continue
      isLeft = true
      const stays = outcome === null || net.isSame(outcome.row, row)
      const own: Range = stays ? { of: "base", from, to } : await placeOf(changed)
      for (const range of [{ of: "base" as const, from: before, to: until }, own]) {
        if (pending?.of === range.of && pending.to === range.from) pending = { ...pending, to: range.to }
        else {
          if (pending !== null) yield pending
          pending = range
        }
      }
    }
  }
  if (pending === null) return { head: Math.min(head ?? end, end) }
  yield pending
  yield { of: "base", from: last, to: end }
  return null
}

const placeOf = async (changed: AsyncIterator<LocatedRow>): Promise<Range> => {
  const next = await changed.next()
  if (next.done === true) throw new Error("a row that changed was not staged")
  return { of: "changed", from: next.value.from, to: next.value.to }
}

/** Rows one by one. */
export async function* flattened(rows: Rows): AsyncGenerator<LocatedRow, void, undefined> {
  for await (const batch of rows) yield* batch
}

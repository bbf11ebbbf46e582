import type { Turned } from "../../services/domain/Checkpoint.ts"
import type { Upserted } from "../../services/domain/Run.ts"

/** How a face writes a number. */
type Shown = (value: number) => string

type Counted = readonly [count: number, what: string]

/** `4 rows added, 1 changed`: of what there is any. */
export const rowsText = (parts: ReadonlyArray<Counted>, shown: Shown): string => {
  const [first, ...others] = parts.filter(([count]) => count > 0)
  if (first === undefined) return ""
  const rows = `${shown(first[0])} ${first[0] === 1 ? "row" : "rows"} ${first[1]}`
  return [rows, ...others.map(([count, what]) => `${shown(count)} ${what}`)].join(", ")
}

/** What became of a dataset's upserted rows; null where that isn't known of all of them. */
export const countsOf = (
  upserted: Readonly<Record<string, Upserted>>,
  dataset: string,
  rows: number,
): Upserted | null => {
  const counts = Object.hasOwn(upserted, dataset) ? upserted[dataset] : undefined
  return counts !== undefined && counts.new + counts.changed + counts.unchanged === rows ? counts : null
}

/** `4 new, 1 the same`; nothing to say where all of them are new. */
export const upsertedText = ({ new: fresh, changed, unchanged }: Upserted, shown: Shown): string => {
  if (changed + unchanged === 0) return ""
  const parts = [
    [fresh, "new"],
    [changed, "changed"],
    [unchanged, "the same"],
  ] as const
  return parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${shown(count)} ${what}`)
    .join(", ")
}

/** `4 rows taken back, 1 put back`; of a redo `4 rows brought back, 1 changed again`. */
export const turnedText = ({ new: fresh, changed, removed }: Turned, isRedo: boolean, shown: Shown): string => {
  const parts: ReadonlyArray<Counted> = isRedo
    ? [
        [fresh, "brought back"],
        [changed, "changed again"],
        [removed ?? 0, "removed again"],
      ]
    : [
        [fresh, "taken back"],
        [changed + (removed ?? 0), "put back"],
      ]
  const others = isRedo ? "any others gone again" : "any that were there before put back"
  const texts = [rowsText(parts, shown), removed === null ? others : ""].filter((text) => text !== "")
  if (texts.length > 0) return texts.join(", ")
  return isRedo ? "its columns changed again" : "its columns put back"
}

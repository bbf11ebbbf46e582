import type { Turned } from "../../services/domain/Checkpoint.ts"
import type { Upserted } from "../../services/domain/Run.ts"

/** How a face writes a number. */
type Shown = (value: number) => string

type Counted = readonly [count: number, what: string]

/** `4 rows added, 1 changed`: of what there is any. */
export const countedText = (parts: ReadonlyArray<Counted>, shown: Shown): string => {
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

/** The same of a dataset's rows, where they were upserted and counted. */
export const cameText = (
  upserted: Readonly<Record<string, Upserted>>,
  dataset: string,
  rows: number,
  shown: Shown,
): string => {
  const counts = countsOf(upserted, dataset, rows)
  return counts === null ? "" : upsertedText(counts, shown)
}

/**
 * `4 rows taken back, 1 put back`; of a redo `4 rows brought back, 1 changed again`. What several checkpoints did may
 * overlap: of those it is how many rows there are more or fewer, if that is known, behind `back`.
 */
export const turnedText = (
  turned: Turned,
  isRedo: boolean,
  shown: Shown,
  back = `back to before ${turned.since}`,
): string => {
  const { grown, began } = turned
  const rows = (count: number) => `${shown(count)} ${count === 1 ? "row" : "rows"}`
  if (isPlain(turned)) return plainText(turned, isRedo, shown)
  if (began && grown !== null && grown > 0) return `${rows(grown)} ${isRedo ? "brought back" : "taken back"}`
  if (grown === null || grown === 0) return back
  return `${back}, ${rows(Math.abs(grown))} ${grown > 0 === isRedo ? "more" : "fewer"}`
}

/** No row is counted twice. */
const isPlain = ({ new: fresh, changed, removed, checkpoints }: Turned): boolean =>
  checkpoints === 1 || (changed === 0 && (removed === 0 || (removed !== null && fresh === 0)))

const plainText = ({ new: fresh, changed, removed }: Turned, isRedo: boolean, shown: Shown): string => {
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
  const replaced = isRedo ? "what was there is gone again" : "what was there before is back"
  const texts = [countedText(parts, shown), removed === null ? replaced : ""].filter((text) => text !== "")
  if (texts.length > 0) return texts.join(", ")
  return isRedo ? "its columns changed again" : "its columns changed back"
}

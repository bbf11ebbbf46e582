import { Effect } from "effect"
import { Disk, sameStamp, type Stamp } from "./Disk.ts"
import { Known } from "./known.ts"
import { onlyAppended } from "./onlyAppended.ts"

/** Of so many rows the place of one is kept. */
const every = 256

/** Where rows begin in a file, as far as somebody has read it: who comes later needn't begin at its beginning. */
export class RowPlaces {
  /** Bytes before rows 0, 256, 512 and so on. */
  readonly #offsets: Array<number> = []
  #total: { readonly size: number; readonly rows: number } | null = null

  /** The last place that is known and not behind the row; and where rows begin at all. */
  before(row: number): { readonly head: number; readonly row: number; readonly offset: number } | null {
    const index = Math.min(Math.floor(row / every), this.#offsets.length - 1)
    const [head, offset] = [this.#offsets[0], this.#offsets[index]]
    return head === undefined || offset === undefined ? null : { head, row: index * every, offset }
  }

  /** All rows of the file when it had this size; null before somebody has read to its end. */
  rowsAt(size: number): number | null {
    return this.#total?.size === size ? this.#total.rows : null
  }

  /** For a reader of the file as it had this size, which begins there. Several may read at once. */
  watch(size: number, start: ReturnType<RowPlaces["before"]>) {
    const ahead = start === null ? 0 : start.offset - start.head
    return {
      row: (row: number, at: number): void => {
        if (row === this.#offsets.length * every) this.#offsets.push(at + ahead)
      },
      end: (rows: number): void => void (this.#total = { size, rows }),
    }
  }
}

const known = new Known<{ stamp: Stamp; readonly places: RowPlaces }>()

/** Those of a file as it looks now, while the commit lock is held: appending moves none. */
export const placesIn = Effect.fnUntraced(function* (home: string, file: string, stamp: Stamp) {
  const files = known.on(yield* Disk)
  const before = files.get(file)
  if (before !== undefined) {
    const isSame = sameStamp(before.stamp, stamp)
    if (isSame || (before.stamp.ino === stamp.ino && (yield* onlyAppended(home, file, before.stamp, stamp)))) {
      before.stamp = stamp
      return before.places
    }
  }
  const places = new RowPlaces()
  files.set(file, { stamp, places })
  return places
})

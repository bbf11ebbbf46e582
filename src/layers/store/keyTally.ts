import type { Row } from "../../services/domain/Row.ts"
import { keyReader } from "../formats/rowKeys.ts"
import { KeyIndex } from "./keyIndex.ts"
import { duplicate, keyless, type MergeRule } from "./merging.ts"

/** Counts what an upsert would do, part by part of a run; whatever is counted, memory stays bounded. To be closed. */
export class KeyTally {
  readonly #index: KeyIndex
  #part = 0
  #inserted = 0
  #merged = 0
  #row = 0

  /** `spillTo` is a file to be made when there are many keys; it is the caller's to remove. */
  constructor(spillTo: string) {
    this.#index = new KeyIndex(spillTo)
  }

  /** Each key once, in the part that is under way. */
  get counts(): { readonly inserted: number; readonly merged: number } {
    return { inserted: this.#inserted, merged: this.#merged }
  }

  beginPart(): void {
    this.#part++
    this.#inserted = 0
    this.#merged = 0
    this.#row = 0
  }

  /** Rows of this part. Throws `RowRefused` for one without a key, and as `KeyIndex` does. */
  bring(rows: ReadonlyArray<Row>, rule: MergeRule): void {
    const keyOf = keyReader(rule)
    for (const row of rows) {
      const key = keyOf(row)
      if (key === null) throw keyless(rule, row, this.#row)
      this.#row++
      const known = this.#index.find(key)
      if (known?.from === this.#part) continue
      // What an earlier part brought is there by now.
      if (known === null) this.#inserted++
      else this.#merged++
      this.#index.add(key, this.#part, known === null ? isNew : 0)
    }
  }

  /** Rows that are there, from their first on. Throws `DuplicateKey` where two of them have a key of this part. */
  meet(rows: ReadonlyArray<Row>, rule: MergeRule, first: number): void {
    const keyOf = keyReader(rule)
    for (const [at, row] of rows.entries()) {
      const key = keyOf(row)
      const known = key === null ? null : this.#index.find(key)
      if (key === null || known === null || known.from !== this.#part || known.to !== isNew) continue
      if (known.there !== null) throw duplicate(rule, row, [known.there.row, first + at])
      this.#index.match(key, { ...known, there: { row: first + at, from: 0, to: 0 } })
      this.#inserted--
      this.#merged++
    }
  }

  close(): void {
    this.#index.close()
  }
}

/** No earlier part of the run had the key. */
const isNew = 1

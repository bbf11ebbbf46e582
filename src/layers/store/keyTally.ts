import { hash } from "node:crypto"
import { sampleSize } from "../../services/domain/Preview.ts"
import type { Row } from "../../services/domain/Row.ts"
import type { Upserted } from "../../services/domain/Run.ts"
import { keyReader, rowReader } from "../formats/rowKeys.ts"
import { type Keyed, KeyIndex } from "./keyIndex.ts"
import { allNew, duplicate, keyless, type MergeRule } from "./merging.ts"

/**
 * Counts what an upsert would do, part by part of a run; whatever is counted, memory stays bounded. Rows are known by
 * digests, in the index in the place of bytes: `from` is the part that brought a key last, `to` the digest of the row that
 * it brought, `there` the row that this one meets, with its digest as `from`. To be closed.
 */
export class KeyTally {
  readonly #index: KeyIndex
  /** The first keys of the run, each with the row that would stand. */
  readonly #sample = new Map<string, Row>()
  #part = 0
  #counts: { -readonly [count in keyof Upserted]: number } = { ...allNew(0) }
  #row = 0

  /** `spillTo` is a file to be made when there are many keys; it is the caller's to remove. */
  constructor(spillTo: string, mostKeys?: number) {
    this.#index = new KeyIndex(spillTo, mostKeys)
  }

  /** Each key once, in the part that is under way. */
  get counts(): Upserted {
    return { ...this.#counts }
  }

  /** Of the first keys of the run the rows that would stand, and how many keys there are beyond them. */
  get sample(): { readonly rows: ReadonlyArray<Row>; readonly more: number } {
    return { rows: [...this.#sample.values()], more: this.#index.size - this.#sample.size }
  }

  beginPart(): void {
    this.#part++
    this.#counts = { ...allNew(0) }
    this.#row = 0
  }

  /** Rows of this part. Throws `RowRefused` for one without a key, and as `KeyIndex` does. */
  bring(rows: ReadonlyArray<Row>, rule: MergeRule): void {
    const keyOf = keyReader(rule)
    const digestOf = digester(rule)
    for (const row of rows) {
      const key = keyOf(row)
      if (key === null) throw keyless(rule, row, this.#row)
      this.#row++
      if (this.#sample.size < sampleSize || this.#sample.has(key)) this.#sample.set(key, row)
      const known = this.#index.find(key)
      const to = digestOf(row)
      if (known?.from === this.#part) {
        this.#count(known, -1)
        this.#put(key, { ...known, to })
      } else {
        // What an earlier part brought is there by now.
        const there = known === null ? null : { row: ofThisRun, from: known.to, to: 0 }
        this.#put(key, { from: this.#part, to, there, changed: false })
      }
    }
  }

  /** Rows that are there, from their first on. Throws `DuplicateKey` where two of them have a key of this part. */
  meet(rows: ReadonlyArray<Row>, rule: MergeRule, first: number): void {
    const keyOf = keyReader(rule)
    const digestOf = digester(rule)
    for (const [at, row] of rows.entries()) {
      const key = keyOf(row)
      const known = key === null ? null : this.#index.find(key)
      if (key === null || known === null || known.from !== this.#part || known.there?.row === ofThisRun) continue
      if (known.there !== null) throw duplicate(rule, row, [known.there.row, first + at])
      this.#count(known, -1)
      this.#put(key, { ...known, there: { row: first + at, from: digestOf(row), to: 0 } })
    }
  }

  close(): void {
    this.#index.close()
  }

  #put(key: string, keyed: Keyed): void {
    const { from, to, there } = keyed
    const known = { ...keyed, changed: there !== null && there.from !== to }
    this.#index.add(key, from, to)
    if (there !== null) this.#index.match(key, known)
    this.#count(known, 1)
  }

  #count({ there, changed }: Keyed, by: 1 | -1): void {
    this.#counts[there === null ? "new" : changed ? "changed" : "unchanged"] += by
  }
}

/** In the place of a row of the dataset. */
const ofThisRun = -1

/** 48 bits, as many as a number holds: it only tells whether two rows of one key are the same. */
const digester = (rule: MergeRule): ((row: Row) => number) => {
  const textOf = rowReader(rule)
  return (row) => hash("sha256", textOf(row), "buffer").readUIntBE(0, 6)
}

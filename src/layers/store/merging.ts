import { DuplicateKey, RowRefused, StoreFailed } from "../../services/domain/StoreError.ts"
import type { Row } from "../../services/domain/Row.ts"
import type { Upserted } from "../../services/domain/Run.ts"
import { keyText } from "../formats/keyText.ts"
import type { LocatedRow } from "../formats/locatedRows.ts"
import { type KeyRule, keyReader, rowComparer } from "../formats/rowKeys.ts"
import type { KeyIndex } from "./keyIndex.ts"

export interface MergeRule extends KeyRule {
  readonly dataset: string
  readonly output: string
}

/** Of rows whose keys the dataset doesn't have. */
export const allNew = (rows: number): Upserted => ({ new: rows, changed: 0, unchanged: 0 })

/** What indexing rows by their keys may throw that is to be told as it is. */
export const isRefusal = (cause: unknown): cause is DuplicateKey | RowRefused | StoreFailed =>
  cause instanceof DuplicateKey || cause instanceof RowRefused || cause instanceof StoreFailed

type Rows = AsyncIterable<ReadonlyArray<LocatedRow>>

/** Takes staged rows into an index. Throws `RowRefused` for one without a key. */
export const indexRows = async (rows: Rows, rule: MergeRule, index: KeyIndex): Promise<void> => {
  const keyOf = keyReader(rule)
  let number = 0
  for await (const batch of rows) {
    for (const { from, to, row } of batch) {
      const key = keyOf(row)
      if (key === null) throw keyless(rule, row, number)
      index.add(key, from, to)
      number++
    }
  }
}

export const keyless = ({ dataset, output, key }: MergeRule, row: Row, number: number) => {
  const column = key.find((name) => !Object.hasOwn(row, name) || row[name] === null) ?? null
  const told = keyText(row, key)
  return new RowRefused({ dataset, output, row: number, key: told, column, detail: "it is part of the key, and null" })
}

/**
 * Finds the dataset's rows of the keys in an index, and counts these; `read` gives a staged row. Rows without a key are
 * nobody's. Throws `DuplicateKey` where two rows have one of the keys: which was meant isn't known. Holds nothing but the
 * index.
 */
export const matchRows = async (
  rows: Rows,
  rule: MergeRule,
  index: KeyIndex,
  read: (from: number, to: number) => Row,
): Promise<Upserted> => {
  const keyOf = keyReader(rule)
  const isSame = rowComparer(rule)
  let number = 0
  let [matched, different] = [0, 0]
  for await (const batch of rows) {
    for (const { from, to, row } of batch) {
      const key = keyOf(row)
      const keyed = key === null ? null : index.find(key)
      if (key !== null && keyed !== null) {
        if (keyed.there !== null) throw duplicate(rule, row, [keyed.there.row, number])
        const changed = !isSame(read(keyed.from, keyed.to), row)
        index.match(key, { ...keyed, there: { row: number, from, to }, changed })
        matched++
        if (changed) different++
      }
      number++
    }
  }
  return { new: index.size - matched, changed: different, unchanged: matched - different }
}

export const duplicate = ({ dataset, output, key }: MergeRule, row: Row, rows: ReadonlyArray<number>) =>
  new DuplicateKey({ dataset, output, key: toldKey(key.map((name) => [name, row[name]])), rows })

/** For a person: `id 7, day "2026-01-01"`. */
export const toldKey = (cells: ReadonlyArray<readonly [name: string, value: unknown]>): string => {
  const told = cells.map(([name, value]) => {
    const text = typeof value === "bigint" ? String(value) : JSON.stringify(value)
    return `${name} ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`
  })
  return told.join(", ")
}

/** Bytes up to `end`, in which the staged rows have taken the places of those that they change. */
export async function* spliced(
  base: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  end: number,
  index: KeyIndex,
  read: (from: number, to: number) => Uint8Array,
): AsyncGenerator<Uint8Array, void, undefined> {
  const changes = index.changed()[Symbol.iterator]()
  let change = changes.next()
  let position = 0
  /** How much of the base has been dealt with. */
  let done = 0
  for await (const chunk of base) {
    const behind = position + chunk.length
    while (change.done !== true && change.value.there!.from < behind) {
      const { there, from, to } = change.value
      if (done < there!.from) yield chunk.subarray(done - position, there!.from - position)
      yield read(from, to)
      done = there!.to
      change = changes.next()
    }
    const stop = Math.min(behind, end)
    if (done < stop) {
      yield chunk.subarray(done - position, stop - position)
      done = stop
    }
    position = behind
  }
}

/** Small pieces together, so that there are not as many writes as rows. */
export async function* gathered(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let held: Array<Uint8Array> = []
  let bytes = 0
  for await (const piece of pieces) {
    held.push(piece)
    bytes += piece.length
    if (bytes < 1 << 16) continue
    yield Buffer.concat(held)
    held = []
    bytes = 0
  }
  if (bytes > 0) yield Buffer.concat(held)
}

import { type Cell, cellOf, integerJson } from "./cells.ts"
import { TableRefusal } from "./refusal.ts"

/**
 * Which rows, as lines of JSON: `[from,to]` of rowids, both included and ascending, or the primary key of one row of a
 * WITHOUT ROWID table, in the order of the key's columns.
 */
export type Keys = ReadonlyArray<string>

type Range = readonly [from: bigint, to: bigint]

/** Collects the keys of rows as they are written. */
export class KeyCollector {
  #ranges: Array<[bigint, bigint]> = []
  readonly #keys: Array<string> = []

  rowid(rowid: bigint): void {
    const last = this.#ranges.at(-1)
    if (last !== undefined && last[1] + 1n === rowid) last[1] = rowid
    else this.#ranges.push([rowid, rowid])
  }

  /** A primary key whose cells are JSON already. */
  key(cells: ReadonlyArray<string>): void {
    this.#keys.push(`[${cells.join()}]`)
  }

  /** Ranges in ascending order, whatever order the rowids came in; primary keys as they came. */
  lines(): Keys {
    if (this.#keys.length > 0) return this.#keys
    this.#ranges.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    const merged: Array<[bigint, bigint]> = []
    for (const range of this.#ranges) {
      const last = merged.at(-1)
      if (last !== undefined && last[1] + 1n === range[0]) last[1] = range[1]
      else merged.push(range)
    }
    return merged.map(([from, to]) => `[${integerJson(from)},${integerJson(to)}]`)
  }
}

export function rangeOf(line: string): Range {
  const [from, to] = parsed(line)
  if (typeof from?.value !== "bigint" || typeof to?.value !== "bigint") throw damaged(line)
  return [from.value, to.value]
}

/** The cells of a line of keys, or of a row of a slot. */
export function parsed(line: string): ReadonlyArray<Cell> {
  try {
    return (JSON.parse(line) as ReadonlyArray<unknown>).map(cellOf)
  } catch {
    throw damaged(line)
  }
}

function damaged(line: string): TableRefusal {
  return new TableRefusal("damaged", `a line that was kept cannot be read: ${line.slice(0, 60)}`)
}

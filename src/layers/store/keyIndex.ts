import { rmSync } from "node:fs"
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite"
import { StoreFailed } from "../../services/domain/StoreError.ts"
import { reasonOf } from "./database.ts"

/** The last staged row of a key, and the row of the dataset that it is for. */
export interface Keyed {
  /** Bytes of the staged file. */
  readonly from: number
  readonly to: number
  /** The dataset's row of this key (0-based), and its bytes; null while none is known. */
  readonly there: { readonly row: number; readonly from: number; readonly to: number } | null
  /** The two rows differ. */
  readonly changed: boolean
}

/** Beyond this many keys, or characters of them, they go to a file. */
const most = { keys: 300_000, characters: 64 * 1024 * 1024 }

/** Staged rows by their keys, in the order in which the keys came first. To be closed. Throws `StoreFailed`. */
export class KeyIndex {
  readonly #spillTo: string
  readonly #most: number
  #map: Map<string, Keyed> | null = new Map()
  #characters = 0
  #file: SpilledKeys | null = null

  /** `spillTo` is a file to be made anew when there are many; it is the caller's to remove. */
  constructor(spillTo: string, mostKeys: number = most.keys) {
    this.#spillTo = spillTo
    this.#most = mostKeys
  }

  get size(): number {
    return this.#map?.size ?? this.#file!.size
  }

  /** A row that was staged; it takes the place of an earlier one of its key. */
  add(key: string, from: number, to: number): void {
    if (this.#map === null) return this.#file!.put(key, { from, to, there: null, changed: false })
    if (!this.#map.has(key)) this.#characters += key.length
    this.#map.set(key, { from, to, there: null, changed: false })
    if (this.#map.size > this.#most || this.#characters > most.characters) this.#spill(this.#map)
  }

  find(key: string): Keyed | null {
    return this.#map === null ? this.#file!.find(key) : (this.#map.get(key) ?? null)
  }

  /** What was found to be there of a key that has been added. */
  match(key: string, keyed: Keyed): void {
    if (this.#map === null) this.#file!.put(key, keyed)
    else this.#map.set(key, keyed)
  }

  all(): Iterable<Keyed> {
    return this.#map?.values() ?? this.#file!.all("true ORDER BY seq")
  }

  /** Those that the dataset has no row of. */
  fresh(): Iterable<Keyed> {
    return this.#map === null
      ? this.#file!.all("row IS NULL ORDER BY seq")
      : this.#map.values().filter(({ there }) => there === null)
  }

  /** Those that the dataset has another row of, in the order of its rows. */
  changed(): Iterable<Keyed> {
    if (this.#map === null) return this.#file!.all("changed ORDER BY row")
    const changed = Array.from(this.#map.values()).filter((keyed) => keyed.changed)
    return changed.toSorted((a, b) => a.there!.row - b.there!.row)
  }

  close(): void {
    this.#file?.close()
    this.#file = null
  }

  #spill(map: Map<string, Keyed>): void {
    this.#file = new SpilledKeys(this.#spillTo)
    for (const [key, keyed] of map) this.#file.put(key, keyed)
    this.#map = null
  }
}

/** A database of our own, which nothing needs once this process is done with it. */
class SpilledKeys {
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #put: StatementSync
  readonly #find: StatementSync

  constructor(file: string) {
    this.#path = file
    const { DatabaseSync } = process.getBuiltinModule("node:sqlite")
    this.#db = this.#told(() => {
      // An index of the same rows may have been made before.
      rmSync(file, { force: true })
      return new DatabaseSync(file)
    })
    try {
      ;[this.#put, this.#find] = this.#told(() => this.#prepare())
    } catch (error) {
      this.#db.close()
      throw error
    }
  }

  #prepare(): [StatementSync, StatementSync] {
    this.#db.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;
      CREATE TABLE keys (seq INTEGER PRIMARY KEY, key TEXT UNIQUE, first INTEGER, last INTEGER,
        row INTEGER, begins INTEGER, ends INTEGER, changed INTEGER);
      BEGIN`)
    const put = this.#db
      .prepare(`INSERT INTO keys (key, first, last, row, begins, ends, changed) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (key) DO UPDATE SET first = excluded.first, last = excluded.last, row = excluded.row,
        begins = excluded.begins, ends = excluded.ends, changed = excluded.changed`)
    return [put, this.#db.prepare("SELECT * FROM keys WHERE key = ?")]
  }

  get size(): number {
    return this.#told(() => this.#db.prepare("SELECT count(*) AS rows FROM keys").get()!["rows"] as number)
  }

  put(key: string, { from, to, there, changed }: Keyed): void {
    const place: ReadonlyArray<SQLInputValue> = there === null ? [null, null, null] : [there.row, there.from, there.to]
    this.#told(() => this.#put.run(key, from, to, ...place, changed ? 1 : 0))
  }

  find(key: string): Keyed | null {
    const found = this.#told(() => this.#find.get(key))
    return found === undefined ? null : keyedOf(found)
  }

  *all(where: string): Generator<Keyed, void, undefined> {
    const rows = this.#told(() => this.#db.prepare(`SELECT * FROM keys WHERE ${where}`).iterate())
    try {
      for (;;) {
        const next = this.#told(() => rows.next())
        if (next.done === true) return
        yield keyedOf(next.value)
      }
    } finally {
      rows.return?.()
    }
  }

  close(): void {
    this.#db.close()
  }

  /** The disk that it is on may be full, or fail. */
  #told<A>(call: () => A): A {
    try {
      return call()
    } catch (cause) {
      throw new StoreFailed({ operation: "use", path: this.#path, code: reasonOf(cause) })
    }
  }
}

const keyedOf = (row: Record<string, unknown>): Keyed => {
  const { first, last, row: number, begins, ends, changed } = row as Record<string, number>
  const there = number === null ? null : { row: number!, from: begins!, to: ends! }
  return { from: first!, to: last!, there, changed: changed === 1 }
}

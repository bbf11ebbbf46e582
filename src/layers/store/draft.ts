import { Effect } from "effect"
import { createHash } from "node:crypto"
import * as path from "node:path"
import type { Checkpoint } from "../../services/domain/Checkpoint.ts"
import type { Format, SourceDataset } from "../../services/domain/Manifest.ts"
import { StoreFailed } from "../../services/domain/StoreError.ts"
import { beginDatabase, type OpenDatabase } from "./database.ts"
import { Disk, type Owner, type Stamp } from "./Disk.ts"
import { leadTo } from "./home.ts"
import type { Keeping } from "./journal.ts"
import { beforeSlot, keysSlot, type Step, type Unit } from "./plan.ts"
import { whole } from "./rope.ts"
import type { Staged } from "./staged.ts"
import { digestOf } from "./steps.ts"
import type { TableUnit } from "./table/arrive.ts"

/** A transaction in the making: every change is a step for now and a unit for a later undo. */
export class Draft {
  readonly id: string
  readonly home: string
  readonly steps: Array<Step> = []
  readonly units: Array<Unit> = []
  readonly links: Array<Keeping["links"][number]> = []
  readonly moves: Array<Keeping["moves"][number]> = []
  /** Files of the journal that nothing needs once this is done, by their names then. */
  readonly spent: Array<string> = []
  readonly texts: Array<Keeping["texts"][number]> = []
  readonly unchanged: Array<Keeping["unchanged"][number]> = []
  readonly datasets: Record<string, Checkpoint["datasets"][string]> = {}
  readonly upserted: Record<string, Checkpoint["upserted"][string]> = {}
  readonly names: Record<string, string> = {}
  readonly formats: Record<string, Format> = {}
  /** The one that its rows of tables go to, its write transaction begun. */
  database: OpenDatabase | null = null
  /** Each dataset's contract once this is done, and what its file looks like before. */
  readonly contracts = new Map<
    string,
    { readonly dataset: SourceDataset; readonly text: string | null; readonly stamp: Stamp | null }
  >()

  constructor(home: string, id: string) {
    this.home = home
    this.id = id
  }

  get isEmpty(): boolean {
    return this.units.length === 0
  }

  /** As the plan has it. */
  relative(file: string): string {
    return path.relative(this.home, file)
  }

  /** The database of a table that is to be changed; open as long as the scope. */
  readonly open = Effect.fnUntraced({ self: this }, function* (this: Draft, file: string) {
    if (this.database?.file === file) return this.database
    // No manifest leads there; what went into the first would be lost without a word.
    if (this.database !== null) return yield* Effect.die(new Error("two databases in one transaction"))
    return (this.database = yield* beginDatabase(this.home, file))
  })

  /** Which dataset it is that a unit changes. */
  name(dataset: SourceDataset): void {
    const place = placeOf(this.home, dataset)
    this.names[place] = dataset.name
    this.formats[place] = dataset.format
  }

  /** `text` first, then the staged bytes, at the end of a file or before its closing. */
  readonly append = Effect.fnUntraced(
    { self: this },
    function* (this: Draft, file: string, stamp: Stamp, text: string, staged: Staged, closing: Buffer | null = null) {
      // Rows were written for the columns that it had.
      this.unchanged.push({ file, stamp })
      const relative = path.relative(this.home, file)
      const bytes = Buffer.byteLength(text) + staged.bytes
      const as = `journal/${this.id}/rows-${this.units.length}`
      const extents = [{ file: as, from: 0, to: staged.bytes }]
      this.moves.push({ file: staged.file, as })
      this.spent.push(as.replace(/^journal/, "history"))
      const at = stamp.size - (closing?.length ?? 0)
      const tail = closing === null ? {} : { tail: closing.toString("base64") }
      this.steps.push({ op: "append", path: relative, at, mtime: stamp.mtime, text, extents, bytes, ...tail })
      const hash = text === "" ? staged.hash : yield* digestOf(whole(staged.file, staged.bytes), text)
      const behind = closing === null ? {} : { tail: closing.length }
      this.units.push({ kind: "append", path: relative, at, bytes, hash, ...behind })
    },
  )

  /** The staged file takes the place of a file, with its permissions and owner. */
  readonly replaceFile = Effect.fnUntraced(
    { self: this },
    function* (this: Draft, file: string, staged: Staged, stamp: Stamp | null) {
      const disk = yield* Disk
      this.unchanged.push({ file, stamp })
      const owner = yield* ownerOf(this.home, file)
      if (stamp !== null) yield* demandReplaceable(file, owner)
      yield* disk.adopt(staged.file, owner)
      yield* disk.fsync(staged.file)
      const ino = (yield* disk.stat(staged.file))?.ino ?? null
      this.#swap(path.relative(this.home, file), path.relative(this.home, staged.file), stamp !== null, {
        ...staged,
        ino,
      })
    },
  )

  /** Rows of a table, within the open transaction of its database; `slots` are files that the checkpoint keeps. */
  readonly rows = Effect.fnUntraced(
    { self: this },
    function* (
      this: Draft,
      dataset: SourceDataset,
      table: TableUnit,
      slots: { readonly keys: string; readonly before: string | null; readonly fresh: boolean },
    ) {
      const disk = yield* Disk
      const index = this.units.length
      const keep = Effect.fnUntraced({ self: this }, function* (this: Draft, file: string, slot: string) {
        yield* disk.fsync(file)
        this.moves.push({ file, as: slot.replace(/^history/, "journal") })
      })
      yield* keep(slots.keys, keysSlot(this.id, index))
      if (slots.before !== null) yield* keep(slots.before, beforeSlot(this.id, index))
      const [place, file] = [placeOf(this.home, dataset), this.relative(dataset.file)]
      this.units.push({ kind: "rows", path: place, file, fresh: slots.fresh, table })
    },
  )

  /** A small file of ours, relative to home. */
  readonly replaceText = Effect.fnUntraced(
    { self: this },
    function* (this: Draft, file: string, text: string, before: boolean) {
      const as = `journal/${this.id}/text-${this.units.length}`
      this.texts.push({ as, text })
      const hash = createHash("sha256").update(text).digest("hex")
      this.#swap(file, as, before, { bytes: Buffer.byteLength(text), hash, ino: null })
    },
  )

  /** A line at the end of a file that no undo takes back. */
  readonly note = Effect.fnUntraced({ self: this }, function* (this: Draft, file: string, line: string) {
    const disk = yield* Disk
    const absolute = path.join(this.home, file)
    if ((yield* disk.stat(absolute)) === null) yield* disk.write(absolute, Buffer.alloc(0))
    const { size: at, mtime } = (yield* disk.stat(absolute)) ?? { size: 0, mtime: "0" }
    if (at === 0) yield* disk.fsyncDirectory(path.dirname(absolute))
    const last = at === 0 ? null : (yield* disk.readRange(absolute, { from: at - 1, to: at }))[0]
    const text = last === null || last === 10 ? line : `\n${line}`
    this.steps.push({ op: "append", path: file, at, mtime, text, extents: [], bytes: Buffer.byteLength(text) })
  })

  #swap(file: string, from: string, before: boolean, after: After): void {
    const index = this.units.length
    // What the journal keeps becomes the history's as it is: `journal/<id>` is renamed to `history/<id>`.
    const kept = before ? beforeSlot(this.id, index).replace(/^history/, "journal") : null
    if (kept !== null) this.links.push({ file: path.resolve(this.home, file), as: kept })
    this.steps.push({ op: "swap", path: file, from, hash: after.hash, ino: after.ino, restore: false, kept })
    const { bytes, hash } = after.front ?? after
    const behind = after.front === undefined ? {} : { tail: after.bytes - after.front.bytes }
    this.units.push({ kind: "swap", path: file, before, after: true, bytes, hash, ...behind })
  }
}

/** What a dataset's units are known by: its file, and the table in it. */
export const placeOf = (home: string, { file, table }: SourceDataset): string => {
  const relative = path.relative(home, file)
  return table === null ? relative : `${relative}#${table.toLowerCase()}`
}

interface After extends Pick<Staged, "bytes" | "hash" | "front"> {
  readonly ino: string | null
}

/** A rename would get past what a file's owner has forbidden. */
export const demandReplaceable = (file: string, { mode }: Owner) =>
  (mode & 0o222) === 0
    ? Effect.fail(new StoreFailed({ operation: "replace", path: file, code: "EACCES" }))
    : Effect.void

/** Those of the file that gives way; a new file is like any that the user makes. */
const ownerOf = Effect.fnUntraced(function* (home: string, file: string) {
  const disk = yield* Disk
  const owner = yield* disk.owner(file)
  if (owner !== null) return owner
  yield* leadTo(home, file)
  return { mode: 0o666 & ~process.umask(), uid: null, gid: null }
})

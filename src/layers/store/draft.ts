import { Effect } from "effect"
import { createHash } from "node:crypto"
import * as path from "node:path"
import type { Checkpoint } from "../../services/domain/Checkpoint.ts"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import { StoreFailed } from "../../services/domain/StoreError.ts"
import { Disk, parentOf, type Stamp } from "./Disk.ts"
import type { Keeping } from "./journal.ts"
import { beforeSlot, type Step, type Unit } from "./plan.ts"
import { whole } from "./rope.ts"
import type { Staged } from "./staged.ts"
import { digestOf } from "./steps.ts"

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
  readonly unchanged: Array<{ readonly file: string; readonly stamp: Stamp }> = []
  readonly datasets: Record<string, Checkpoint["datasets"][string]> = {}
  readonly names: Record<string, string> = {}
  /** Each dataset's contract once this is done. */
  readonly contracts = new Map<string, { readonly dataset: SourceDataset; readonly text: string | null }>()

  constructor(home: string, id: string) {
    this.home = home
    this.id = id
  }

  get isEmpty(): boolean {
    return this.units.length === 0
  }

  /** `text` first, then the staged bytes, at the end of a file. */
  readonly append = Effect.fnUntraced(
    { self: this },
    function* (this: Draft, file: string, stamp: Stamp, text: string, staged: Staged) {
      const relative = path.relative(this.home, file)
      const bytes = Buffer.byteLength(text) + staged.bytes
      const as = `journal/${this.id}/rows-${this.units.length}`
      const extents = [{ file: as, from: 0, to: staged.bytes }]
      this.moves.push({ file: staged.file, as })
      this.spent.push(as.replace(/^journal/, "history"))
      this.steps.push({ op: "append", path: relative, at: stamp.size, mtime: stamp.mtime, text, extents, bytes })
      const hash = text === "" ? staged.hash : yield* digestOf(whole(staged.file, staged.bytes), text)
      this.units.push({ kind: "append", path: relative, at: stamp.size, bytes, hash })
    },
  )

  /** The staged file takes the place of a file, with its permissions and owner. */
  readonly replaceFile = Effect.fnUntraced(
    { self: this },
    function* (this: Draft, file: string, staged: Staged, stamp: Stamp | null) {
      const disk = yield* Disk
      if (stamp !== null) this.unchanged.push({ file, stamp })
      const owner = yield* ownerOf(this.home, file)
      // A rename would get past what its owner has forbidden.
      if (stamp !== null && (owner.mode & 0o222) === 0) {
        return yield* new StoreFailed({ operation: "replace", path: file, code: "EACCES" })
      }
      yield* disk.adopt(staged.file, owner)
      yield* disk.fsync(staged.file)
      const ino = (yield* disk.stat(staged.file))?.ino ?? null
      this.#swap(path.relative(this.home, file), path.relative(this.home, staged.file), stamp !== null, {
        ...staged,
        ino,
      })
    },
  )

  /** A small file of ours, relative to home. */
  readonly replaceText = Effect.fnUntraced(
    { self: this },
    function* (this: Draft, file: string, text: string, before: boolean) {
      const disk = yield* Disk
      yield* disk.mkdir(path.dirname(path.join(this.home, file)))
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
    if ((yield* disk.stat(absolute)) === null) {
      yield* disk.mkdir(path.dirname(absolute))
      yield* disk.write(absolute, Buffer.alloc(0))
    }
    const { size: at, mtime } = (yield* disk.stat(absolute)) ?? { size: 0, mtime: "0" }
    if (at === 0) yield* disk.fsyncDirectory(path.dirname(absolute))
    const last = at === 0 ? null : (yield* disk.readRange(absolute, { from: at - 1, to: at }))[0]
    const text = last === null || last === 10 ? line : `\n${line}`
    this.steps.push({ op: "append", path: file, at, mtime, text, extents: [], bytes: Buffer.byteLength(text) })
  })

  #swap(file: string, from: string, before: boolean, after: { bytes: number; hash: string; ino: string | null }): void {
    const index = this.units.length
    // What the journal keeps becomes the history's as it is: `journal/<id>` is renamed to `history/<id>`.
    const kept = before ? beforeSlot(this.id, index).replace(/^history/, "journal") : null
    if (kept !== null) this.links.push({ file: path.resolve(this.home, file), as: kept })
    this.steps.push({ op: "swap", path: file, from, hash: after.hash, ino: after.ino, restore: false, kept })
    this.units.push({ kind: "swap", path: file, before, after: true, bytes: after.bytes, hash: after.hash })
  }
}

/** Those of the file that gives way; a new file is like any that the user makes. */
const ownerOf = Effect.fnUntraced(function* (home: string, file: string) {
  const disk = yield* Disk
  const owner = yield* disk.owner(file)
  if (owner !== null) return owner
  yield* disk.mkdir(parentOf(file), 0o777)
  // A file is as durable as the directories that lead to it, up to the project's own.
  const root = parentOf(home)
  for (let within = parentOf(file); within.startsWith(root + path.sep); within = parentOf(within)) {
    yield* disk.fsyncDirectory(parentOf(within))
  }
  return { mode: 0o666 & ~process.umask(), uid: null, gid: null }
})

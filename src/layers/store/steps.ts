import { Effect } from "effect"
import { createHash } from "node:crypto"
import * as path from "node:path"
import { StoreFailed } from "../../services/domain/StoreError.ts"
import { Disk, parentOf, type Stamp } from "./Disk.ts"
import { type Extent, type Step, tailOf } from "./plan.ts"
import { sideName } from "./sideName.ts"
import { takeOut } from "./takingOut.ts"

type Append = Extract<Step, { readonly op: "append" }>
type Swap = Extract<Step, { readonly op: "swap" }>
type Truncate = Extract<Step, { readonly op: "truncate" }>

/** Does what comes before the commit; cuts wait until the transaction is decided. */
export const applyStep = (home: string, step: Step, id = "") =>
  step.op === "append" ? append(home, step) : step.op === "swap" ? swap(home, id, step) : demandCuttable(home, step)

/** Once the cut is decided there is no way back: a file that must not be written would stand in the way of everything. */
const demandCuttable = (home: string, step: Truncate) => Disk.use((disk) => disk.fsync(path.resolve(home, step.path)))

/** Takes a step back, also one that was never done, or done in part. `saved` is for `takeOut`. */
export const revertStep = (home: string, step: Step, id: string, saved: string) =>
  step.op === "append" ? unappend(home, step, saved) : step.op === "swap" ? unswap(home, id, step) : Effect.void

/**
 * Cuts a file that was `before`; can be repeated. Whoever finishes what a dead process began may come late: what was
 * written behind our rows since then stays, and a file that somebody cut or removed is left as it is. `saved` is for
 * `takeOut`.
 */
export const finishStep = Effect.fnUntraced(function* (
  home: string,
  step: Truncate,
  before: Stamp | null,
  saved: string,
) {
  const disk = yield* Disk
  const file = path.resolve(home, step.path)
  const tail = tailOf(step)
  const end = step.to + tail.length
  const now = yield* disk.stat(file)
  const isUnderWay = (yield* disk.stat(saved)) !== null
  if (isUnderWay || (now !== null && before !== null && now.size > before.size)) {
    const from = (before?.size ?? end) - tail.length
    const isThere =
      isUnderWay || step.cut === undefined || (yield* digestOf([{ file, from: step.to, to: from }])) === step.cut
    if (isThere) yield* takeOut(file, saved, { keep: step.to, text: Buffer.alloc(0), from })
    return
  }
  if (now === null || (before !== null && now.size < before.size && now.size !== end)) return
  if (tail.length > 0) yield* disk.writeAt(file, tail, step.to)
  yield* disk.truncate(file, end, step.mtime)
  yield* disk.fsync(file)
})

const append = Effect.fnUntraced(function* (home: string, step: Append) {
  const disk = yield* Disk
  const target = path.resolve(home, step.path)
  const now = yield* disk.stat(target)
  const tail = tailOf(step)
  if (now?.size !== step.at + tail.length) {
    return yield* new StoreFailed({ operation: "append to", path: target, code: StoreFailed.meddled })
  }
  if (step.text !== "") yield* disk.writeAt(target, Buffer.from(step.text), step.at)
  let at = step.at + Buffer.byteLength(step.text)
  for (const extent of step.extents) {
    yield* disk.splice(path.resolve(home, extent.file), extent, target, at)
    at += extent.to - extent.from
  }
  if (tail.length > 0) yield* disk.writeAt(target, tail, at)
  yield* disk.fsync(target)
})

/** Cuts off what we wrote and nothing else: bytes behind ours, or in place of them, are somebody's. */
const unappend = Effect.fnUntraced(function* (home: string, step: Append, saved: string) {
  const disk = yield* Disk
  const target = path.resolve(home, step.path)
  const now = yield* disk.stat(target)
  const tail = tailOf(step)
  const taking = { keep: step.at, text: tail, from: step.at + step.bytes + tail.length }
  if ((yield* disk.stat(saved)) !== null) return yield* takeOut(target, saved, taking)
  if (now === null || now.size < step.at + tail.length) return
  const ours = Math.min(now.size - step.at, step.bytes + tail.length)
  // As it was before, also where what would have been written is not yet where the plan says.
  const isAsBefore =
    ours === tail.length && (yield* disk.readRange(target, { from: step.at, to: now.size })).equals(tail)
  if (isAsBefore && now.mtime === step.mtime) {
    // Nothing of ours is there, maybe since just now. A file that must not be written must not block all others.
    return yield* disk.fsync(target).pipe(
      Effect.catchIf(
        ({ code }) => cannotWrite.has(code),
        () => Effect.void,
      ),
    )
  }
  if (!isAsBefore && !(yield* isOurs(home, step, ours))) return
  if (now.size > taking.from) return yield* takeOut(target, saved, taking)
  if (tail.length > 0 && !isAsBefore) yield* disk.writeAt(target, tail, step.at)
  yield* disk.truncate(target, step.at + tail.length, step.mtime)
  yield* disk.fsync(target)
})

/** Codes of a file that can be read and not written: then we haven't. */
const cannotWrite = new Set(["EACCES", "EPERM", "EROFS"])

/**
 * The first bytes of an append, its tail included, stand in the file; after a power cut some of them may be zeros, and
 * where the tail was it may still be, or be again.
 */
const isOurs = Effect.fnUntraced(function* (home: string, step: Append, bytes: number) {
  const disk = yield* Disk
  const target = path.resolve(home, step.path)
  const tail = tailOf(step)
  const fits = Effect.fnUntraced(function* (done: number, wrote: Buffer) {
    const from = step.at + done
    const found = yield* disk.readRange(target, { from, to: from + Math.min(wrote.length, Math.max(0, bytes - done)) })
    return isWritten(found, wrote, tail.subarray(done))
  })
  const text = Buffer.from(step.text)
  if (!(yield* fits(0, text))) return false
  let done = text.length
  for (const { file, from, to } of step.extents) {
    for (let position = from; position < to && done < bytes;) {
      const length = Math.min(1 << 20, to - position, bytes - done)
      const wrote = yield* disk.readRange(path.resolve(home, file), { from: position, to: position + length })
      if (!(yield* fits(done, wrote))) return false
      position += length
      done += length
    }
  }
  return yield* fits(step.bytes, tail)
})

const isWritten = (found: Buffer, wrote: Buffer, before: Buffer): boolean =>
  found.equals(wrote.subarray(0, found.length)) ||
  found.every((byte, at) => byte === 0 || byte === wrote[at] || byte === before[at])

const swap = Effect.fnUntraced(function* (home: string, id: string, step: Swap) {
  const disk = yield* Disk
  const file = path.resolve(home, step.path)
  if (step.from === null) yield* disk.unlink(file)
  else yield* moveTo(path.resolve(home, step.from), file, id)
  yield* disk.fsyncDirectory(parentOf(file))
})

const unswap = Effect.fnUntraced(function* (home: string, id: string, step: Swap) {
  const disk = yield* Disk
  const file = path.resolve(home, step.path)
  yield* disk.unlink(besideOf(file, id))
  yield* giveBack(home, id, step, file)
  // Also where nothing is left to be done: whoever did it may have died just after.
  yield* disk.fsyncDirectory(parentOf(file))
})

const giveBack = Effect.fnUntraced(function* (home: string, id: string, step: Swap, file: string) {
  const disk = yield* Disk
  const kept = step.kept === null ? null : path.resolve(home, step.kept)
  const before = kept === null ? null : yield* disk.stat(kept)
  const now = yield* disk.stat(file)
  // Nothing was done yet, or all of it has been taken back.
  if (kept === null ? now === null : before === null || before.ino === now?.ino) return
  if (now !== null) {
    const hash = yield* digestOfFile(file, now)
    const cameHere = now.ino === step.ino
    // On a device without links `kept` is a copy. What came out of the history may say the same, and goes back there.
    if (!cameHere && kept !== null && before !== null && hash === (yield* digestOfFile(kept, before))) return
    if (hash === step.hash || cameHere || (yield* isCopyOf(home, step, hash))) yield* putBack(home, step, file)
    else if (kept === null) return
    // Somebody wrote it since: theirs is not ours to drop.
    else yield* disk.rename(file, sideName(file, "", `.edited-${id}`))
  }
  if (kept === null) yield* disk.unlink(file)
  else yield* moveTo(kept, file, id)
})

/** From another device a copy was made, and what it was made of is still there. */
const isCopyOf = Effect.fnUntraced(function* (home: string, step: Swap, hash: string) {
  if (step.from === null) return false
  const disk = yield* Disk
  const from = path.resolve(home, step.from)
  const there = yield* disk.stat(from)
  return there !== null && (yield* digestOfFile(from, there)) === hash
})

/** What came out of the history goes back there. */
const putBack = Effect.fnUntraced(function* (home: string, step: Swap, file: string) {
  if (!step.restore || step.from === null) return
  const disk = yield* Disk
  const from = path.resolve(home, step.from)
  if ((yield* disk.stat(from)) !== null) return
  // A link, so that readers always find a file; a full disk may refuse it, a rename needs no space.
  yield* disk.link(file, from).pipe(Effect.catch(() => disk.rename(file, from)))
  yield* disk.fsyncDirectory(parentOf(from))
})

const besideOf = (file: string, id: string): string => sideName(file, ".", `.${id}.openislands`)

/** A rename; onto another device a copy beside the target first, so that readers see the old file or the new. */
const moveTo = Effect.fnUntraced(function* (from: string, to: string, id: string) {
  const disk = yield* Disk
  yield* disk.rename(from, to).pipe(
    Effect.catchIf(
      ({ code }) => code === "EXDEV",
      () => copyInto(from, to, besideOf(to, id)),
    ),
  )
})

/** What a copy is called until it is whole. */
export const partOf = (file: string): string => `${file}.part`

/** A durable copy, under its name only once it is whole: a part of one must not be taken for what was kept. */
export const copyInto = Effect.fnUntraced(function* (from: string, to: string, part = partOf(to)) {
  const disk = yield* Disk
  const size = (yield* disk.stat(from))?.size ?? 0
  yield* disk.write(part, Buffer.alloc(0))
  yield* disk.splice(from, { from: 0, to: size }, part, 0)
  const owner = yield* disk.owner(from)
  if (owner !== null) yield* disk.adopt(part, owner)
  yield* disk.fsync(part)
  yield* disk.rename(part, to)
})

/** SHA-256 of text and then of extents of files one after another, hex. */
export const digestOf = Effect.fnUntraced(function* (extents: ReadonlyArray<Extent>, text = "") {
  const disk = yield* Disk
  const hash = createHash("sha256").update(text)
  for (const { file, ...range } of extents) yield* disk.digest(file, range, hash)
  return hash.digest("hex")
})

const digestOfFile = (file: string, stamp: Stamp) => digestOf([{ file, from: 0, to: stamp.size }])

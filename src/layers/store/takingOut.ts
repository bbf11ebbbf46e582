import { Effect } from "effect"
import * as path from "node:path"
import { Disk, parentOf } from "./Disk.ts"

interface TakenOut {
  /** Bytes that stay as they are. */
  readonly keep: number
  /** What comes right behind these. */
  readonly text: Buffer
  /** Where begins what follows then: somebody else wrote it behind our bytes. */
  readonly from: number
}

/**
 * Takes bytes out of the middle of a file. What follows them moves over its own beginning, so it is set aside in `saved`
 * first, and a recovery that dies on the way can be repeated; but on a full disk, where it has to do without.
 */
export const takeOut = Effect.fnUntraced(function* (file: string, saved: string, { keep, text, from }: TakenOut) {
  const disk = yield* Disk
  const before = yield* disk.stat(file)
  if (before === null) return yield* disk.unlink(saved)
  if ((yield* disk.stat(saved)) === null) yield* setAside(file, { from, to: before.size }, saved)
  const aside = yield* disk.stat(saved)
  const length = aside?.size ?? before.size - from
  const end = from + length
  // Else it has been done.
  if (before.size >= end) {
    const to = keep + text.length
    if (text.length > 0) yield* disk.writeAt(file, text, keep)
    if (aside === null) yield* disk.splice(file, { from, to: end }, file, to)
    else yield* disk.splice(saved, { from: 0, to: length }, file, to)
    // Written since it was set aside.
    if (before.size > end) yield* disk.splice(file, { from: end, to: before.size }, file, to + length)
    yield* disk.truncate(file, to + before.size - from, null)
    yield* disk.fsync(file)
  }
  yield* disk.unlink(saved)
})

const setAside = (file: string, range: { readonly from: number; readonly to: number }, saved: string) =>
  Effect.gen(function* () {
    const disk = yield* Disk
    const part = `${saved}.part`
    yield* disk.write(part, Buffer.alloc(0))
    yield* disk.splice(file, range, part, 0)
    yield* disk.fsync(part)
    yield* disk.rename(part, saved)
    yield* disk.fsyncDirectory(parentOf(saved))
  }).pipe(
    Effect.catchIf(
      ({ code }) => code === "ENOSPC" || code === "EDQUOT",
      () => Disk.use((disk) => disk.unlink(`${saved}.part`)),
    ),
  )

/** Where `takeOut` sets aside what is behind our bytes in the file of the nth step. */
export const behindIn = (journal: string, index: number): string => path.join(journal, `behind-${index}`)

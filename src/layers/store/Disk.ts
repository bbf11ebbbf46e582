import { Context, Effect, Layer } from "effect"
import type { Hash } from "node:crypto"
import { type BigIntStats, constants, createWriteStream, promises as fs } from "node:fs"
import * as path from "node:path"
import { pipeline } from "node:stream/promises"
import { StoreFailed } from "../../services/domain/StoreError.ts"
import { errnoOf } from "../errno.ts"
import { makeDirectory } from "../makeDirectory.ts"

/**
 * The one seam through which every step of a transaction reaches the disk, so that tests can fail, die or lose power at
 * each of them. Each method is one step; nothing here is clever.
 */
export class Disk extends Context.Service<
  Disk,
  {
    /** And whatever is missing above it; 0700 unless told otherwise. */
    readonly mkdir: (directory: string, mode?: number) => Step<void>
    /** A new file for a guest to append to, 0600. */
    readonly stage: (file: string) => Step<fs.FileHandle>
    /** Like `write`, of content that is made as it is written. */
    readonly pour: (file: string, content: () => AsyncIterable<Uint8Array>) => Step<void>
    /** Creates or truncates the file, 0600; not durable before `fsync`. */
    readonly write: (file: string, data: Uint8Array) => Step<void>
    /** Copies bytes of a file into another at a position, in chunks; the target must exist. */
    readonly splice: (from: string, range: Range, to: string, at: number) => Step<void>
    /** A new file of the same bytes, by reference where the file system can; not durable before `fsync`. */
    readonly copy: (from: string, to: string) => Step<void>
    readonly writeAt: (file: string, data: Uint8Array, at: number) => Step<void>
    /** And, if that is allowed, gives the file a time stamp, as `Stamp` has it; null leaves it to the system. */
    readonly truncate: (file: string, length: number, mtime: string | null) => Step<void>
    readonly fsync: (file: string) => Step<void>
    readonly fsyncDirectory: (directory: string) => Step<void>
    readonly rename: (from: string, to: string) => Step<void>
    readonly link: (existing: string, created: string) => Step<void>
    readonly unlink: (file: string) => Step<void>
    readonly removeTree: (directory: string) => Step<void>
    readonly adopt: (file: string, like: Owner) => Step<void>
    /** Null when there is no such file. */
    readonly owner: (file: string) => Step<Owner | null>
    /** Whether nothing on the way to a file, nor the file, is a link; what isn't there is none. */
    readonly isReal: (file: string) => Step<boolean>
    /** Null when there is no such file; fails on what is none, such as a directory or a pipe. */
    readonly stat: (file: string) => Step<Stamp | null>
    readonly read: (file: string) => Step<Buffer | null>
    /** At most so many bytes; fewer at the end of the file. */
    readonly readRange: (file: string, range: Range) => Step<Buffer>
    readonly digest: (file: string, range: Range, into: Hash) => Step<void>
    readonly list: (directory: string) => Step<ReadonlyArray<string>>
    /** Whatever else changes a file by means of its own, a database's for one. */
    readonly work: <A, E, R>(
      operation: string,
      file: string,
      effect: Effect.Effect<A, E, R>,
    ) => Effect.Effect<A, E | StoreFailed, R>
  }
>()("openislands/layers/store/Disk") {}

type Step<A> = Effect.Effect<A, StoreFailed>

export interface Range {
  readonly from: number
  readonly to: number
}

/** Which bytes a file held, as far as the file system tells: any edit shows in one of the three. */
export interface Stamp {
  readonly ino: string
  readonly size: number
  /** Microseconds since the epoch, decimal: the finest that can be both read and set. */
  readonly mtime: string
}

export interface Owner {
  readonly mode: number
  /** Null: whoever it belongs to already. */
  readonly uid: number | null
  readonly gid: number | null
}

/** The code of a path that leads to something else than a file. */
export const notAFile = "not a regular file"

const step = <A>(operation: string, file: string, call: () => Promise<A>): Step<A> =>
  Effect.tryPromise({ try: call, catch: (cause) => new StoreFailed({ operation, path: file, code: errnoOf(cause) }) })

/** ENOENT is an answer here, not a failure. */
const orNull = async <A>(call: Promise<A>): Promise<A | null> => {
  try {
    return await call
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") return null
    throw cause
  }
}

const withFile = async <A>(
  file: string,
  flags: string | number,
  use: (handle: fs.FileHandle) => Promise<A>,
): Promise<A> => {
  const handle = await fs.open(file, flags)
  try {
    return await use(handle)
  } finally {
    await handle.close()
  }
}

const writeFully = async (handle: fs.FileHandle, data: Uint8Array, at: number): Promise<void> => {
  for (let done = 0; done < data.length;) {
    const { bytesWritten } = await handle.write(data, done, data.length - done, at + done)
    done += bytesWritten
  }
}

const chunk = 1 << 20
/** Node ends the whole program when it is asked to read 2 GiB at once. */
const mostAtOnce = 1 << 30

const eachChunk = (
  file: string,
  range: Range,
  use: (bytes: Buffer, position: number) => Promise<void>,
): Promise<void> =>
  withFile(file, "r", async (source) => {
    const buffer = Buffer.allocUnsafe(Math.min(chunk, Math.max(1, range.to - range.from)))
    for (let position = range.from; position < range.to;) {
      const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, range.to - position), position)
      if (bytesRead === 0) throw Object.assign(new Error(`${file} is shorter than expected`), { code: "EIO" })
      await use(buffer.subarray(0, bytesRead), position)
      position += bytesRead
    }
  })

/** Two files may fail here, and whoever is told of a failure needs to know which. */
const splice = (from: string, range: Range, to: string, at: number): Step<void> =>
  Effect.suspend(() => {
    const reading = { operation: "read", path: from }
    const writing = { operation: "write", path: to }
    let doing = writing
    const copy = (target: fs.FileHandle) => {
      doing = reading
      return eachChunk(from, range, async (bytes, position) => {
        doing = writing
        await writeFully(target, bytes, at + position - range.from)
        doing = reading
      })
    }
    return Effect.tryPromise({
      try: () => withFile(to, "r+", copy),
      catch: (cause) => new StoreFailed({ ...doing, code: errnoOf(cause) }),
    })
  })

/** Only a file's owner may set its time stamp; to others it then looks edited, which is the safe way to be wrong. */
const setTime = async (handle: fs.FileHandle, mtime: string): Promise<void> => {
  // Seconds as a double: half a microsecond more, lest it be rounded down to the one before.
  const seconds = Number(mtime) / 1e6 + 5e-7
  try {
    await handle.utimes(seconds, seconds)
  } catch (cause) {
    if (errnoOf(cause) !== "EPERM") throw cause
  }
}

const staging = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND

export const layer = Layer.succeed(Disk, {
  mkdir: (directory, mode = 0o700) => step("create", directory, async () => makeDirectory(directory, mode)),
  stage: (file) => step("create", file, () => fs.open(file, staging, 0o600)),
  pour: (file, content) => step("write", file, () => pipeline(content, createWriteStream(file, { mode: 0o600 }))),
  write: (file, data) => step("write", file, () => fs.writeFile(file, data, { mode: 0o600 })),
  splice,
  copy: (from, to) =>
    step("copy", to, () => fs.copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)),
  writeAt: (file, data, at) =>
    step("write", file, () => withFile(file, "r+", (handle) => writeFully(handle, data, at))),
  truncate: (file, length, mtime) =>
    step("truncate", file, () =>
      withFile(file, "r+", async (handle) => {
        await handle.truncate(length)
        if (mtime !== null) await setTime(handle, mtime)
      }),
    ),
  fsync: (file) => step("flush", file, () => withFile(file, "r+", (handle) => handle.sync())),
  fsyncDirectory: (directory) =>
    step("flush", directory, async () => {
      // Windows can't open a directory, and needs no such flush.
      if (process.platform === "win32") return
      await withFile(directory, constants.O_RDONLY, (handle) => handle.sync())
    }),
  rename: (from, to) => step("replace", to, () => fs.rename(from, to)),
  link: (existing, created) => step("keep", existing, () => fs.link(existing, created)),
  unlink: (file) => step("remove", file, () => orNull(fs.unlink(file)).then(() => {})),
  removeTree: (directory) => step("remove", directory, () => fs.rm(directory, { recursive: true, force: true })),
  adopt: (file, like) =>
    step("set the permissions of", file, async () => {
      await fs.chmod(file, like.mode & 0o7777)
      const now = await fs.stat(file)
      const [uid, gid] = [like.uid ?? now.uid, like.gid ?? now.gid]
      if (now.uid !== uid || now.gid !== gid) await fs.chown(file, uid, gid)
    }),
  owner: (file) =>
    step("look at", file, async () => {
      const stat = await orNull(fs.stat(file))
      return stat === null ? null : { mode: stat.mode, uid: stat.uid, gid: stat.gid }
    }),
  isReal: (file) =>
    step("look at", file, async () => {
      const directory = await orNull(fs.realpath(path.dirname(file)))
      const entry = await orNull(fs.lstat(file))
      return (directory === null || directory === path.dirname(file)) && entry?.isSymbolicLink() !== true
    }),
  stat: (file) =>
    step("look at", file, async () => {
      const stat = await orNull(fs.stat(file, { bigint: true }))
      // Opening a pipe would wait for its other end for ever.
      if (stat !== null && !stat.isFile()) throw Object.assign(new Error(`${file} is no file`), { code: notAFile })
      return stat === null ? null : stampOf(stat)
    }),
  read: (file) => step("read", file, () => orNull(fs.readFile(file))),
  readRange: (file, { from, to }) =>
    step("read", file, () =>
      withFile(file, "r", async (handle) => {
        const buffer = Buffer.allocUnsafe(to - from)
        let done = 0
        for (let read = -1; read !== 0 && done < buffer.length; done += read) {
          read = (await handle.read(buffer, done, Math.min(mostAtOnce, buffer.length - done), from + done)).bytesRead
        }
        return buffer.subarray(0, done)
      }),
    ),
  digest: (file, range, into) =>
    step("read", file, () => eachChunk(file, range, async (bytes) => void into.update(bytes))),
  list: (directory) => step("list", directory, async () => ((await orNull(fs.readdir(directory))) ?? []).toSorted()),
  work: (_operation, _file, effect) => effect,
})

export const stampOf = ({ ino, size, mtimeNs }: BigIntStats): Stamp => ({
  ino: String(ino),
  size: Number(size),
  mtime: String(mtimeNs / 1000n),
})

/** `a` and `b` name the same bytes. */
export const sameStamp = (a: Stamp | null, b: Stamp | null): boolean =>
  a === null || b === null ? a === b : a.ino === b.ino && a.size === b.size && a.mtime === b.mtime

export const parentOf = (file: string): string => path.dirname(file)

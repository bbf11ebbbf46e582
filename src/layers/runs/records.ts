import { Effect, Option, Schema } from "effect"
import { promises as fs } from "node:fs"
import { Run } from "../../services/domain/Run.ts"
import { errnoOf } from "../errno.ts"

/** When a connector is due is reckoned from it. */
const Time = Schema.String.check(Schema.makeFilter((text) => Number.isFinite(Date.parse(text))))

/** Older ones don't say what came of an upsert. */
const Recorded = Schema.Struct({
  ...Run.fields,
  startedAt: Time,
  upserted: Run.fields.upserted.pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
})

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Recorded))

/** Null for what is no record. */
export const readRecord = (line: string): Run | null => Option.getOrNull(decode(line))

/**
 * The records of a file, newest first. A run that commits on its way leaves one each time: the last is the one that
 * counts. A line that is torn or damaged is passed over: it must not hide the others.
 */
export function* newestFirst(bytes: Buffer, onDamaged: () => void = () => {}): Generator<Run> {
  const seen = new Set<string>()
  for (const line of linesNewestFirst(bytes)) {
    const run = readRecord(line.toString("utf8"))
    if (run === null) {
      if (line.length > 0) onDamaged()
      continue
    }
    if (seen.has(run.runId)) continue
    seen.add(run.runId)
    yield run
  }
}

function* linesNewestFirst(bytes: Buffer): Generator<Buffer> {
  for (let end = bytes.length; end > 0;) {
    const start = end === 1 ? 0 : bytes.lastIndexOf(10, end - 2) + 1
    yield bytes.subarray(start, bytes[end - 1] === 10 ? end - 1 : end)
    end = start
  }
}

/**
 * The last lines of the newest `most` runs as they stand, in the order of the file; null when there aren't more lines
 * than that, of runs that counted or of earlier commits of theirs.
 */
export const newestLines = (bytes: Buffer, most: number): Buffer | null => {
  const seen = new Set<string>()
  const kept: Array<Buffer> = []
  let count = 0
  for (const line of linesNewestFirst(bytes)) {
    count++
    const run = runOf(line)
    if (kept.length === most || (run !== null && seen.has(run))) continue
    if (run !== null) seen.add(run)
    kept.push(line)
  }
  return count > most ? Buffer.concat(kept.toReversed().flatMap((line) => [line, lineEnd])) : null
}

const lineEnd = Buffer.from("\n")

/** Every record of ours begins with it; a line that doesn't is damaged, and counts for itself. */
const runOf = (line: Buffer): string | null => /^\{"runId":"([^"]+)"/.exec(line.toString("latin1", 0, 200))?.[1] ?? null

/** Empty when there is no such file. */
export const readAll = async (file: string): Promise<Buffer> => {
  try {
    return await fs.readFile(file)
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") return Buffer.alloc(0)
    throw cause
  }
}

/** A durable line at the end; one that was torn by a death before it is closed off first. */
export const appendLine = async (file: string, line: string): Promise<void> => {
  const handle = await fs.open(file, "a+", 0o600)
  try {
    const { size } = await handle.stat()
    const last = size === 0 ? null : (await handle.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0]
    await handle.writeFile(`${last === null || last === 10 ? "" : "\n"}${line}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Puts other bytes in a file's place, durably. */
export const rewrite = async (file: string, bytes: Uint8Array): Promise<void> => {
  const temporary = `${file}.${process.pid}.tmp`
  try {
    await fs.writeFile(temporary, bytes, { mode: 0o600, flush: true })
    await fs.rename(temporary, file)
  } catch (cause) {
    await fs.rm(temporary, { force: true })
    throw cause
  }
}

/** Makes the names in a directory durable. Windows can't open one, and needs no such flush. */
export const syncDirectory = async (directory: string): Promise<void> => {
  if (process.platform === "win32") return
  const handle = await fs.open(directory, "r")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

import { Option, Schema } from "effect"
import { closeSync, openSync, writeSync } from "node:fs"
import type { LogLine } from "../../services/ConnectorHost.ts"
import type { RecordedLine } from "../../services/RunLog.ts"

const lineLimit = 64 * 1024
/** Room for what a line that its sender has cut says of that. */
const slack = 64
const runLimit = 10 * 1024 * 1024

/**
 * Writes the lines of one run as they come, so that they can be read meanwhile. A log is no reason to fail a run: what
 * the disk refuses is counted like what is too much.
 */
export class LineWriter {
  readonly #descriptor: number
  /** Epoch milliseconds. */
  readonly #now: () => number
  #written = 0
  #dropped = 0
  #droppedBytes = 0

  constructor(file: string, now: () => number) {
    this.#descriptor = openSync(file, "a", 0o600)
    this.#now = now
  }

  readonly write = ({ stream, text }: LogLine): void => {
    const bytes = Buffer.byteLength(text)
    if (this.#written + Math.min(bytes, lineLimit) > runLimit || !this.#append(stream, cut(text, bytes))) {
      this.#dropped++
      this.#droppedBytes += bytes
    }
  }

  close(): void {
    if (this.#dropped > 0) {
      const lines = this.#dropped === 1 ? "1 line" : `${this.#dropped} lines`
      this.#append("log", `[${lines} more (${this.#droppedBytes} bytes) not kept: a run's log holds 10 MB]`)
    }
    closeSync(this.#descriptor)
  }

  #append(stream: LogLine["stream"], text: string): boolean {
    const at = new Date(this.#now()).toISOString()
    const line = Buffer.from(`${JSON.stringify({ at, stream, text } satisfies RecordedLine)}\n`)
    try {
      writeSync(this.#descriptor, line)
    } catch {
      return false
    }
    this.#written += line.length
    return true
  }
}

const cut = (text: string, bytes: number): string => {
  if (bytes <= lineLimit + slack) return text
  // The end may be half a character.
  const kept = new TextDecoder().decode(Buffer.from(text).subarray(0, lineLimit), { stream: true })
  return `${kept} [${bytes - Buffer.byteLength(kept)} bytes more]`
}

const decode = Schema.decodeUnknownOption(
  Schema.fromJsonString(
    Schema.Struct({ at: Schema.String, stream: Schema.Literals(["log", "stdout", "stderr"]), text: Schema.String }),
  ),
)

/** Null for what is no line of a log. */
export const readLine = (line: string): RecordedLine | null => Option.getOrNull(decode(line))

/** What can be read of a log, and how many lines cannot; the last may be under way. */
export const readLines = (bytes: Buffer) => {
  const texts = bytes.toString("utf8").split("\n")
  const last = texts.pop() ?? ""
  const lines: ReadonlyArray<RecordedLine> = texts.flatMap((line) => Option.toArray(decode(line)))
  return { lines: [...lines, ...Option.toArray(decode(last))], damaged: texts.length - lines.length }
}

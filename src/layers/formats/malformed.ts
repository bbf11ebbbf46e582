import type { TextFormat } from "../../services/domain/Contract.ts"

/** Bytes that aren't a file of their format. Thrown by scanners and readers; a plain `Error` with a tag. */
export class MalformedFile extends Error {
  readonly _tag = "MalformedFile"
  readonly codec: TextFormat | "parquet"
  /** For a person: "a quoted field is never closed". */
  readonly problem: string
  /** 1-based record of a CSV (the header counts) or line of a JSONL or JSON array; null when it isn't known, and in Parquet. */
  readonly record: number | null
  /** Byte offset in the file; null in Parquet. */
  readonly offset: number | null

  constructor(codec: TextFormat | "parquet", problem: string, record: number | null, offset: number | null) {
    const where = record === null ? "" : `${codec === "csv" ? "record" : "line"} ${record}, `
    super(`Malformed ${codec}${offset === null ? "" : ` at ${where}byte ${offset}`}: ${problem}`)
    this.name = "MalformedFile"
    this.codec = codec
    this.problem = problem
    this.record = record
    this.offset = offset
  }
}

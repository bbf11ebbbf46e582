import type { Eol } from "../../services/domain/Contract.ts"
import { CsvReader } from "./csvReader.ts"

/** The habits of a CSV file, which an append keeps. */
export interface CsvHabits {
  /** Begins with a UTF-8 byte order mark. */
  readonly bom: boolean
  /** Of the first line that ends; `\n` when none does. */
  readonly eol: Eol
  /** The first record; null for a file without any. */
  readonly header: ReadonlyArray<string> | null
  /** Byte offset at which the rows begin. */
  readonly headerEnd: number
  /** Ends with a line break; true for an empty file. */
  readonly finalNewline: boolean
}

/**
 * Looks at the first and last bytes of a CSV file. `head` must hold the whole header line (or the whole file),
 * `tail` at least the last byte. Throws `MalformedFile` when the header isn't CSV.
 */
export function sniffCsv(head: Uint8Array, tail: Uint8Array): CsvHabits {
  const bom = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf
  const last = tail[tail.length - 1]
  const finalNewline = last === undefined || last === 10 || last === 13
  const end = headerEnd(head)
  const eol: Eol = head[end] === 13 ? (head[end + 1] === 10 ? "\r\n" : "\r") : "\n"
  const reader = new CsvReader()
  const records = [...reader.push(head.subarray(0, end)), ...reader.end()]
  const header = records[0]?.map((name) => name ?? "") ?? null
  const rowsBegin = Math.min(end + (end < head.length ? eol.length : 0), head.length)
  return { bom, eol, header, headerEnd: rowsBegin, finalNewline }
}

/** Where the header ends in the first bytes of a CSV, its line break not counted; their length if it goes on. */
export function headerEnd(head: Uint8Array): number {
  let begin = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0
  while (head[begin] === 10 || head[begin] === 13) begin++
  let quoted = false
  let fieldAt = begin
  for (let at = begin; at < head.length; at++) {
    const byte = head[at]
    // A doubled quote turns this off and on again, which comes to the same; in a bare field it is text.
    if (byte === 34 && head[fieldAt] === 34) quoted = !quoted
    else if (quoted) continue
    else if (byte === 44) fieldAt = at + 1
    else if (byte === 10 || byte === 13) return at
  }
  return head.length
}

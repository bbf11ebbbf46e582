import { createHash } from "node:crypto"
import { allRows, readRows } from "../formats/readRows.ts"
import { contractText, type KeptContract } from "../store/contracts.ts"
import { gathered } from "../store/merging.ts"

/** Rows as one transaction staged them: lines of JSON, the last one ended. */
export interface Segment {
  readonly chunks: ReadonlyArray<Uint8Array>
  readonly bytes: number
  /** SHA-256, hex. */
  readonly hash: string
}

export const segmentOf = async (pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Segment> => {
  const hash = createHash("sha256")
  const chunks: Array<Uint8Array> = []
  let bytes = 0
  for await (const chunk of gathered(pieces)) {
    hash.update(chunk)
    chunks.push(chunk)
    bytes += chunk.length
  }
  return { chunks, bytes, hash: hash.digest("hex") }
}

/** A dataset with a contract; its rows may be none. */
export interface Content extends KeptContract {
  readonly segments: ReadonlyArray<Segment>
}

export const bytesOf = (segments: ReadonlyArray<Segment>): number => segments.reduce((sum, { bytes }) => sum + bytes, 0)

export const rowsOf = ({ segments, contract }: Pick<Content, "segments" | "contract">, part = allRows) =>
  readRows(
    "jsonl",
    segments.flatMap(({ chunks }) => chunks),
    contract,
    { ...part, first: 0, watch: null },
  )

export const countIn = async (content: Content): Promise<number> => {
  let count = 0
  for await (const rows of rowsOf(content)) count += rows.length
  return count
}

/** Whether a commit that leads from one to the other would change nothing. */
export const sameContent = (a: Content, b: Content): boolean =>
  contractText(a) === contractText(b) &&
  bytesOf(a.segments) === bytesOf(b.segments) &&
  digestOf(a.segments) === digestOf(b.segments)

const digestOf = (segments: ReadonlyArray<Segment>): string => {
  const [first, ...more] = segments
  if (first !== undefined && more.length === 0) return first.hash
  const hash = createHash("sha256")
  for (const { chunks } of segments) for (const chunk of chunks) hash.update(chunk)
  return hash.digest("hex")
}

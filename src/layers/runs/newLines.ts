import { closeSync, fstatSync, openSync, readSync } from "node:fs"

/** Bytes read at a time. */
const chunk = 256 * 1024

/**
 * The whole lines of a file from an offset on, and where the next ones will begin; of more than `most` bytes only the
 * end. A file that shrank was written anew, and what it has now has been there before.
 */
export const newLines = (file: string, from: number, most = Number.POSITIVE_INFINITY) => {
  try {
    return linesOf(file, from, most)
  } catch {
    // Gone, or not to be read: whoever asks for it itself is told so.
    return { lines: [], next: from }
  }
}

const linesOf = (file: string, from: number, most: number) => {
  const descriptor = openSync(file, "r")
  try {
    const { size } = fstatSync(descriptor)
    if (size <= from) return { lines: [], next: size }
    const start = Math.max(from, size - most)
    const bytes = read(descriptor, start, size - start)
    const end = bytes.lastIndexOf(10) + 1
    const lines = bytes
      .toString("utf8", 0, end)
      .split("\n")
      .slice(start > from ? 1 : 0, -1)
    return { lines, next: start + end }
  } finally {
    closeSync(descriptor)
  }
}

const read = (descriptor: number, start: number, length: number): Buffer => {
  const bytes = Buffer.alloc(length)
  let got = 0
  while (got < length) {
    const count = readSync(descriptor, bytes, got, Math.min(chunk, length - got), start + got)
    if (count === 0) break
    got += count
  }
  return bytes.subarray(0, got)
}

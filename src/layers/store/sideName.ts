import { Buffer } from "node:buffer"
import { createHash } from "node:crypto"
import * as path from "node:path"

/** What file systems take for one name, in bytes. */
const longestName = 255

/** A path beside a file, its name the file's with something before and behind; cut where that would be too long for a name. */
export const sideName = (file: string, before: string, behind: string): string => {
  const name = path.basename(file)
  const room = longestName - Buffer.byteLength(before + behind)
  const fits = Buffer.byteLength(name) <= room
  return path.join(path.dirname(file), `${before}${fits ? name : cutTo(name, room)}${behind}`)
}

/** Two long names that begin alike stay two names. */
const cutTo = (name: string, bytes: number): string => {
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 12)
  const start = Buffer.from(name).subarray(0, bytes - hash.length - 1)
  // Not in the middle of a character.
  return `${start.toString("utf8").replace(/\uFFFD+$/, "")}-${hash}`
}

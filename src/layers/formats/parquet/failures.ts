import { MalformedFile } from "../malformed.ts"

/** The classes of DuckDB's errors that speak of what a file holds; the others are about disks, memory or us. */
const aboutContent =
  /^(?:Invalid Input|Invalid|Not implemented|Serialization|Conversion|Out of Range|Binder|Invalid Configuration) Error: /
/** Of the disk by its class, of the file by its cause: a footer that points past the end. */
const pastTheEnd = /^IO Error: .*(?:could not read|not enough bytes|read past|out of bounds)/i

/** What DuckDB said of a file: a `MalformedFile` with its reason where the file is at fault, else the error as it came. */
export function readFailure(error: unknown, file: string): unknown {
  if (!(error instanceof Error)) return error
  const { message } = error
  if (!aboutContent.test(message) && !pastTheEnd.test(message)) return error
  const reason = message
    .slice(message.indexOf(": ") + 2)
    .split("\n", 1)[0]!
    .replaceAll(` "${file}"`, "")
    .replaceAll(` '${file}'`, "")
    .trim()
  return new MalformedFile("parquet", reason.length > 200 ? `${reason.slice(0, 200)}…` : reason, null, null)
}

/** Runs what reads a file, its failures told by `readFailure`. */
export async function reading<A>(file: string, read: () => Promise<A>): Promise<A> {
  try {
    return await read()
  } catch (error) {
    throw readFailure(error, file)
  }
}

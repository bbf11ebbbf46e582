import { once } from "node:events"
import { createReadStream, createWriteStream } from "node:fs"
import { finished } from "node:stream/promises"

/** Lines of rows that a checkpoint keeps, in a file of ours. */
export const writeLines = async (file: string, lines: Iterable<string>): Promise<void> => {
  const stream = createWriteStream(file, { mode: 0o600 })
  let text = ""
  for (const line of lines) {
    text += `${line}\n`
    if (text.length < 1 << 16) continue
    if (!stream.write(text)) await once(stream, "drain")
    text = ""
  }
  stream.end(text)
  await finished(stream)
}

/** What reads lines of files, of which none stays open then, also where it gives up before their end. */
export const readingLines = async <A>(
  use: (read: (file: string) => ReturnType<typeof readLines>) => Promise<A>,
): Promise<A> => {
  const all: Array<ReturnType<typeof readLines>> = []
  try {
    return await use((file) => {
      const lines = readLines(file)
      all.push(lines)
      return lines
    })
  } finally {
    for (const lines of all) await lines.return()
  }
}

/** The lines as they were written. Only ours break lines: in JSON, no other stands for itself. */
export async function* readLines(file: string): AsyncGenerator<string, void, undefined> {
  let rest = ""
  for await (const chunk of createReadStream(file, { encoding: "utf8", highWaterMark: 1 << 18 })) {
    const lines = (rest + (chunk as string)).split("\n")
    rest = lines.pop()!
    yield* lines
  }
  if (rest !== "") yield rest
}

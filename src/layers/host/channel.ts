import type { Readable } from "node:stream"
import { indexOf, isArray, objectKeys, setPrototypeOf, slice } from "../formats/primordials.ts"

// As they were before the connector's code ran, which may replace them: it waits for answers on this channel.
const { parse, stringify } = JSON

/**
 * The messages on the guest's channel, one line of JSON each. (Node's own IPC would throw in the host's process on
 * anything that isn't, and keep whatever comes without an end.) Throws on what is not a message; ends with the guest.
 */
export async function* messagesOf(channel: Readable, longest: number): AsyncGenerator<unknown> {
  let text = ""
  for await (const chunk of textOf(channel)) {
    let from = 0
    for (let at = indexOf(chunk, "\n"); at >= 0; at = indexOf(chunk, "\n", from)) {
      yield parse(text + slice(chunk, from, at))
      text = ""
      from = at + 1
    }
    text += slice(chunk, from)
    if (text.length > longest) throw new Error(`a message of more than ${longest} characters`)
  }
}

/** A guest that ends resets the connection if it left something unread: an end like any other. */
async function* textOf(channel: Readable): AsyncGenerator<string> {
  channel.setEncoding("utf8")
  try {
    for await (const chunk of channel) yield chunk as string
  } catch {
    return
  }
}

/** How the other side is told: JSON has no line break outside its texts, and escapes those in them. */
export const messageLine = (message: unknown): string => `${stringify(bare(message))}\n`

/** Without a prototype nothing has the `toJSON` that the connector may have given every object. */
const bare = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value
  const copy = (isArray(value) ? [] : {}) as Record<string, unknown>
  setPrototypeOf(copy, null)
  const keys = objectKeys(value)
  for (let at = 0; at < keys.length; at++)
    copy[keys[at]!] = bare((value as Readonly<Record<string, unknown>>)[keys[at]!])
  return copy
}

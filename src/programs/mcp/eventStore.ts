import type { EventStore } from "@modelcontextprotocol/sdk/server/streamableHttp.js"
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js"

/** Events, and characters of them, that a session remembers for a client whose connection broke. */
const mostEvents = 1_000
const mostCharacters = 4_000_000
/** Streams of which is known that something of them is forgotten; each request has one. */
const mostStreams = 1_000

interface Remembered {
  readonly number: number
  readonly stream: string
  readonly message: JSONRPCMessage
  readonly size: number
}

/**
 * What a session has sent, as far as it fits: the oldest goes first. Whoever asks for what is forgotten is refused
 * instead of being sent a part of it, for it would wait for ever for an answer that is in the other part.
 */
export const boundedEventStore = (limits = { mostEvents, mostCharacters, mostStreams }): EventStore => {
  let events: Array<Remembered> = []
  let characters = 0
  let last = 0
  /** By stream, the newest that is forgotten of it. */
  const forgotten = new Map<string, number>()
  /** Of all streams that are not even in `forgotten`. */
  let floor = 0

  const forgetOldest = (): void => {
    let from = 0
    while (events.length - from > limits.mostEvents || characters > limits.mostCharacters) {
      const { number, stream, size } = events[from++]!
      characters -= size
      forgotten.delete(stream)
      forgotten.set(stream, number)
    }
    events = events.slice(from)
    for (const [stream, number] of forgotten) {
      if (forgotten.size <= limits.mostStreams) break
      forgotten.delete(stream)
      floor = Math.max(floor, number)
    }
  }

  /** Null when it is no id of ours, or of something that came before what is remembered. */
  const placeOf = (id: string): { readonly stream: string; readonly number: number } | null => {
    const [, stream = "", digits] = /^(.+)_(\d{1,15})$/.exec(id) ?? []
    const number = Number(digits)
    const isKnown = number <= last && number >= (forgotten.get(stream) ?? floor)
    return isKnown ? { stream, number } : null
  }

  return {
    storeEvent: (stream, message) => {
      const size = JSON.stringify(message).length
      events.push({ number: ++last, stream, message, size })
      characters += size
      const id = `${stream}_${last}`
      forgetOldest()
      return Promise.resolve(id)
    },
    getStreamIdForEventId: (id) => Promise.resolve(placeOf(id)?.stream),
    replayEventsAfter: async (id, { send }) => {
      const place = placeOf(id)
      if (place === null) throw new Error("what came after this event is forgotten")
      for (const { number, stream, message } of events) {
        // An empty message is where a stream began.
        if (stream !== place.stream || number <= place.number || Object.keys(message).length === 0) continue
        await send(`${stream}_${number}`, message)
      }
      return place.stream
    },
  }
}

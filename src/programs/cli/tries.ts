import type { SyncEvent } from "../../services/SyncService.ts"

interface Line {
  readonly stream: string
  readonly text: string
}

/** Of a whole sync: which, when, and why. */
const ofSync = /^try \d+ of \d+ in /
/** Of one request of `ctx.fetch`: of which host, and why; behind it is when, and which. */
const ofRequest = /^\S+ (\w+:\/\/[^/\s]+)(?:\/\S*)? (.+)$/
const when = ": asked again in "
const which = / \(\d+ of \d+\)$/

interface Request {
  readonly host: string
  readonly why: string
  readonly number: string
}

/** Taken apart step by step: what a connector logs may be long, and one pattern for all of it takes minutes to fail. */
const requestOf = (text: string): Request | null => {
  const [number] = which.exec(text) ?? []
  const at = number === undefined ? -1 : text.lastIndexOf(when, text.length - number.length - when.length - 1)
  const [, host, why] = (at === -1 ? null : ofRequest.exec(text.slice(0, at))) ?? []
  return number === undefined || host === undefined || why === undefined ? null : { host, why, number }
}

/** A provider that is tried again after a while, which a person would else take for a program that hangs. */
export const isTry = ({ stream, text }: Line): boolean =>
  stream === "log" && (ofSync.test(text) || requestOf(text) !== null)

/**
 * What a person is told of the tries of runs, when the wait for one begins: each try of a sync; of those of its requests
 * only what is new, for a request may be one of thousands. The log has them all.
 */
export class Tries {
  readonly #known = new Map<string, Set<string>>()

  /** Null for what is none, or was told before. */
  textOf(event: SyncEvent): string | null {
    if (event.type === "finished") this.#known.delete(event.runId)
    if (event.type !== "line" || event.stream !== "log") return null
    const text = `${event.connector}  ${event.text.replaceAll("\n", "\n  ")}`
    if (ofSync.test(event.text)) return text
    const request = requestOf(event.text)
    if (request === null) return null
    const { host, why, number } = request
    const known = this.#known.get(event.runId) ?? new Set()
    this.#known.set(event.runId, known)
    return known.size === known.add(`${host} ${why}`).size ? null : text.slice(0, -number.length)
  }
}

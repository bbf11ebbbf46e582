import type { SyncEvent } from "../../services/SyncService.ts"

interface Line {
  readonly stream: string
  readonly text: string
}

/** Of a whole sync: which, when, and why. */
const ofSync = /^try \d+ of \d+ in /
/** Of one request of `ctx.fetch`: of which host, why, and when. */
const ofRequest = /^\S+ (\w+:\/\/[^/\s]+)\S* (.+): asked again in .+?( \(\d+ of \d+\))$/

/** A provider that is tried again after a while, which a person would else take for a program that hangs. */
export const isTry = ({ stream, text }: Line): boolean =>
  stream === "log" && (ofSync.test(text) || ofRequest.test(text))

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
    const [, host, why, number] = ofRequest.exec(event.text) ?? []
    if (number === undefined) return null
    const known = this.#known.get(event.runId) ?? new Set()
    this.#known.set(event.runId, known)
    return known.size === known.add(`${host} ${why}`).size ? null : text.slice(0, -number.length)
  }
}

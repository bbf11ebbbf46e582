import type { Time } from "../host/time.ts"

/** Time in which waiting takes none: it is only counted. */
export class TestTime implements Time {
  /** Milliseconds of each wait. */
  readonly waits: Array<number> = []
  readonly #frozen: number | null
  #waited = 0

  /** Given a time it stands still but for the waits. */
  constructor(now: Date | string | number | undefined) {
    this.#frozen = now === undefined ? null : new Date(now).getTime()
    if (Number.isNaN(this.#frozen)) throw new TypeError(`now is no time: ${JSON.stringify(now)}`)
  }

  get isFrozen(): boolean {
    return this.#frozen !== null
  }

  readonly now = (): number => (this.#frozen ?? Date.now()) + this.#waited

  /** The same each time, so that what is logged and reported is as well. */
  readonly random = (): number => 0.5

  readonly sleep = async (milliseconds: number, signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted()
    this.waits.push(milliseconds)
    this.#waited += milliseconds
    // What else is under way has its turn, as it would have.
    await new Promise<void>((resolve) => setImmediate(resolve))
    signal.throwIfAborted()
  }
}

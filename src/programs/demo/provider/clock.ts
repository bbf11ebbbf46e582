/** The provider's time: the machine's, until somebody moves it on. */
export class Clock {
  /** Epoch milliseconds, on a full minute: everything that is made up begins some hours before. */
  readonly start = Math.floor(Date.now() / minute) * minute
  #ahead: number

  constructor(ahead = 0) {
    this.#ahead = ahead
  }

  get now(): number {
    return Date.now() + this.#ahead
  }

  /** Milliseconds that it is ahead of the machine. */
  get ahead(): number {
    return this.#ahead
  }

  advance(milliseconds: number): void {
    this.#ahead += milliseconds
  }
}

export const second = 1_000
export const minute = 60 * second
export const hour = 60 * minute
export const day = 24 * hour

export const iso = (time: number): string => new Date(time).toISOString()

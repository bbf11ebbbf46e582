/** What waiting takes. A test of a connector has its own, which doesn't wait. */
export interface Time {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** From 0 up to 1. */
  readonly random: () => number
  /** Rejects with the signal's reason as soon as it aborts. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>
}

// As they were before the connector's code ran.
const { clearTimeout, setTimeout } = globalThis
const now = Date.now
const random = Math.random

export const realTime: Time = {
  now: () => now(),
  random: () => random(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const abandon = (): void => {
        clearTimeout(timer)
        reject(signal.reason)
      }
      const timer = setTimeout(() => {
        signal.removeEventListener("abort", abandon)
        resolve()
      }, milliseconds)
      signal.addEventListener("abort", abandon, { once: true })
    }),
}

/** Tells whoever listens that there is something new to look at. */
export const makeSignal = () => {
  const listeners = new Set<() => void>()
  return {
    subscribe: (listener: () => void): (() => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    tell: (): void => listeners.forEach((listener) => listener()),
  }
}

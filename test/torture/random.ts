/** Numbers from 0 up to 1 that the seed determines (mulberry32). */
export const randomOf = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** From the environment (`SEED=123`), so that what a seed has found can be found again. */
export const seedOf = (given: string | undefined): number => {
  const seed = Number(given ?? "")
  return given !== undefined && Number.isInteger(seed) ? seed : Math.floor(Math.random() * 2 ** 31)
}

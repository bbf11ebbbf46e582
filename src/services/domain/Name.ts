import { distance } from "fastest-levenshtein"

/** Names of connectors, datasets, actions and outputs: safe as a file name on every system, and never a path. */
const pattern = /^[a-z0-9][a-z0-9_-]*$/i

/** File names are bounded (255 bytes on most file systems) and ours append suffixes to the name. */
const maxNameLength = 100

export const isName = (name: string): boolean => name.length <= maxNameLength && pattern.test(name)

/** The candidate that the writer most likely meant, or null when none is near (Levenshtein distance up to a third). */
export const didYouMean = (given: string, candidates: Iterable<string>): string | null => {
  let best: string | null = null
  let fewest = Math.max(1, Math.floor(given.length / 3)) + 1
  for (const candidate of candidates) {
    const edits = distance(given.toLowerCase(), candidate.toLowerCase())
    if (edits < fewest) {
      best = candidate
      fewest = edits
    }
  }
  return best
}

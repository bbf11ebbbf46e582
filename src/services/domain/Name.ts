import { distance } from "fastest-levenshtein"

/** Names of connectors, datasets, actions and outputs: never a path, and safe in a file name (but for what Windows keeps to itself, such as `con`). */
const pattern = /^[a-z0-9][a-z0-9_-]*$/i

/** File names are bounded (255 bytes on most file systems) and ours append suffixes to the name. */
const maxNameLength = 100

export const isName = (name: string): boolean => name.length <= maxNameLength && pattern.test(name)

/** The candidate that the writer most likely meant, or null when none is near (up to a third of the letters edited). */
export const didYouMean = (given: string, candidates: Iterable<string>): string | null => {
  let best: string | null = null
  let fewest = Math.max(1, Math.floor(given.length / 3)) + 1
  for (const candidate of candidates) {
    const edits = editsOf(given.toLowerCase(), candidate.toLowerCase())
    if (edits < fewest) {
      best = candidate
      fewest = edits
    }
  }
  return best
}

/** Two letters in the wrong order are one slip of the fingers. */
const editsOf = (given: string, candidate: string): number => {
  const edits = distance(given, candidate)
  if (edits !== 2 || given.length !== candidate.length) return edits
  const at = [...given].findIndex((letter, index) => letter !== candidate[index])
  return given[at] === candidate[at + 1] && given[at + 1] === candidate[at] ? 1 : edits
}

/** Ends a sentence with it, if there is one. */
export const meant = (candidate: string | null): string => (candidate === null ? "" : `. Did you mean "${candidate}"?`)

/** Characters that are given up at most: no secret is longer. */
const longestWord = 2_000
/** What no secret has in it; JSON and markup have it around each text. */
const gaps = " \n\r\t\"'`<>"

/**
 * The beginning of a text, of at most so many characters, that ends between words. Secrets are taken out of messages
 * after this, by what they are: a half of one would not be known.
 */
export const shortened = (text: string, most: number): string => {
  if (text.length <= most) return text
  for (let end = most; most - end < longestWord; end--) {
    if (end === 0 || gaps.includes(text[end]!)) return text.slice(0, end)
  }
  return text.slice(0, most)
}

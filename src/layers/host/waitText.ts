/** Milliseconds as people say them: `1.5 s`, `10 min`, `2.5 h`. */
export const waitText = (milliseconds: number): string => {
  const seconds = milliseconds / 1000
  if (seconds < 120) return `${oneDigit(seconds)} s`
  return seconds < 7200 ? `${oneDigit(seconds / 60)} min` : `${oneDigit(seconds / 3600)} h`
}

const oneDigit = (number: number): string => number.toFixed(1).replace(/\.0$/, "")

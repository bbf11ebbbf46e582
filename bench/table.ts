export const print = (text: string): void => void process.stdout.write(`${text}\n`)

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** A table of Markdown, as prettier lays it out; the first row is its head. */
export const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)))
  const [head, ...body] = rows.map((row) => line(row.map((cell, column) => cell.padEnd(widths[column]!))))
  return [head, line(widths.map((width) => "-".repeat(width))), ...body].join("\n")
}

const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

/** A whole number as people write it. */
export const count = (value: number): string => Math.round(value).toLocaleString("en-US")
export const times = (ratio: number): string => `${ratio.toFixed(2)}x`
export const verdict = (value: number, aim: number, unit = "x"): string =>
  `${value <= aim ? "within" : "OVER"} ${aim}${unit}`

import type { Answer } from "../../services/QueryService.ts"
import { count } from "./runText.ts"

/** Characters of a cell; what a terminal shows of more is no table any more. */
const widest = 60

/** What `--limit` takes at most. */
export const mostRows = 100_000

/** Rows below their columns' names, numbers to the right; what is cut ends in an ellipsis. `limit`: rows asked for. */
export const tableText = ({ columns, rows, truncated }: Answer, limit: number): string => {
  const cells = rows.map((row) => columns.map(({ name }) => cellText(row[name])))
  const widths = columns.map(({ name }, at) =>
    Math.max(widthOf(oneLine(name)), ...cells.map((row) => widthOf(row[at]!))),
  )
  const line = (row: ReadonlyArray<string>) =>
    row
      .map((text, at) => {
        const space = " ".repeat(widths[at]! - widthOf(text))
        return isNumeric(columns[at]!.type) ? space + text : text + space
      })
      .join("  ")
      .trimEnd()
  const rule = widths.map((width) => "-".repeat(width)).join("  ")
  const more = truncated ? `; there are more${wayOn(rows.length, limit)}` : ""
  return [
    line(columns.map(({ name }) => oneLine(name))),
    rule,
    ...cells.map(line),
    count(rows.length, "row") + more,
  ].join("\n")
}

/** Fewer than were asked for: no limit brings them. */
const wayOn = (rows: number, limit: number): string => {
  if (rows < limit) return ", and no answer holds more than 32 MiB: ask for fewer or shorter columns"
  return limit < mostRows ? ", which --limit brings" : ", and no answer has more rows: ask for a part of them"
}

const isNumeric = (type: string): boolean => type === "integer" || type === "number"

const cellText = (value: unknown): string => {
  if (value === null) return "null"
  return oneLine(typeof value === "string" ? value : JSON.stringify(value))
}

const oneLine = (text: string): string => {
  const shown = text.replace(/[\n\r\t]/g, (character) => JSON.stringify(character).slice(1, -1))
  return [...shown].length > widest ? `${[...shown].slice(0, widest - 1).join("")}…` : shown
}

const widthOf = (text: string): number => [...text].length

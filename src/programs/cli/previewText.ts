import type { ErrorDocument } from "../../services/domain/ErrorDocument.ts"
import type { DatasetReview, Preview } from "../../services/domain/Preview.ts"
import { pasteable } from "./place.ts"
import { problemLines } from "./problemLines.ts"
import { countedText } from "../answers/rowWords.ts"
import { count, shown } from "./runText.ts"

/** What a sync would do, for people: each dataset with its first rows, and what they may have to do. */
export const previewText = (preview: Preview): string => {
  const { connector, outcome, requests, written, durationMs, datasets, dropped, schemaChanges, state, log, error } =
    preview
  const facts = [
    requests === null ? null : count(requests, "request"),
    written === null ? null : count(sum(Object.values(written)), "row"),
    `${(durationMs / 1000).toFixed(1)} s`,
    "nothing was written",
  ].filter((fact) => fact !== null)
  const parts = [
    [`${connector}  ${verdicts[outcome]} (${facts.join(", ")})`],
    ...Object.entries(datasets).map(datasetText),
    Object.entries(dropped).map(
      ([output, rows]) => `${count(rows, "row")} of output "${output}" would go to no dataset`,
    ),
    schemaChanges.map(
      ({ dataset, column, change, to }) => `${dataset}: column "${column}" ${change}${to === null ? "" : ` (${to})`}`,
    ),
    isBlank(state) ? [] : [`next cursor: ${shortened(JSON.stringify(state), 200)}`],
    // Who succeeds needs no log to find out why.
    outcome === "success" || log.length === 0 ? [] : ["log:", ...log.map(({ text }) => `  ${shortened(text, 500)}`)],
    problemLines(error as ErrorDocument | null).map((line) => pasteable(line)),
  ]
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")
}

/** A connector that keeps none has an empty one. */
const isBlank = (state: unknown): boolean =>
  state === null || (typeof state === "object" && Object.keys(state).length === 0)

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((total, one) => total + one, 0)

const verdicts = {
  success: "a sync would succeed",
  partial: "a sync would commit a part, and then fail",
  failure: "a sync would fail",
}

const datasetText = ([name, review]: [string, DatasetReview]): ReadonlyArray<string> => {
  const { output, sample, more, misfit } = review
  const isShown = sample.length > 0 || misfit !== null
  return [
    `${name} <- output "${output}": ${effectOf(review)}`,
    ...table(review).map((line) => `  ${line}`),
    ...(misfit === null ? [] : [`  ^ row ${shown(misfit.row + 1)} doesn't fit: ${columnsText(misfit.columns)}`]),
    ...(more > 0 && isShown ? [`  ... and ${count(more, "more row")}`] : []),
  ]
}

const columnsText = (columns: ReadonlyArray<string>): string =>
  `${columns.length === 1 ? "column" : "columns"} ${columns.map((name) => `"${name}"`).join(", ")}`

const effectOf = ({ mode, rows, inserted, replaced, merged, unchanged, misfit }: DatasetReview): string => {
  if (misfit !== null || (rows > 0 && inserted + merged === 0)) return `${count(rows, "row")}, not all of which fit`
  if (mode === "replace") return `${count(rows, "row")} in place of the ${count(replaced, "row")} there`
  const known = [
    [merged - unchanged, "changed"],
    [unchanged, "the same"],
  ] as const
  if (inserted === 0 && merged > 0) return countedText(known, shown)
  const others = known.filter(([rows]) => rows > 0).map(([rows, what]) => `, ${shown(rows)} ${what}`)
  return `${count(inserted, "new row")}${others.join("")}`
}

/** Of a cell, and of a whole line. */
const widest = 24
const lineWidth = 120

/** A head of names and types, and the rows; columns that find no place are counted. */
const table = ({ columns, sample, misfit }: DatasetReview): ReadonlyArray<string> => {
  const rows = misfit === null ? sample : [...sample, misfit.values]
  const all = columns.map(({ name, type }) => {
    const cells = [name, type, ...rows.map((row) => cellText(row[name]))].map((text) => shortened(text, widest))
    return { cells, width: Math.max(...cells.map(({ length }) => length)) }
  })
  let room = lineWidth
  const fitting = all.filter(({ width }) => (room -= width + 2) >= 0)
  const hidden = all.length - fitting.length
  const line = (at: number) =>
    fitting
      .map(({ cells, width }) => (cells[at] ?? "").padEnd(width))
      .join("  ")
      .trimEnd()
  if (fitting.length === 0) return []
  return [
    line(0) + (hidden > 0 ? `  (and ${count(hidden, "more column")})` : ""),
    line(1),
    ...rows.map((_, at) => line(at + 2)),
  ]
}

const cellText = (value: unknown): string =>
  value === null || value === undefined ? "" : typeof value === "string" ? oneLine(value) : JSON.stringify(value)

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ")

const shortened = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1)}…`)

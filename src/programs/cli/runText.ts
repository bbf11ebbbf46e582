import { type ErrorDocument, placedMessage } from "../../services/domain/ErrorDocument.ts"
import type { Run } from "../../services/domain/Run.ts"
import { cameText } from "../answers/rowWords.ts"

export const shown = (number: number): string => number.toLocaleString("en-US")

export const count = (number: number, one: string): string => `${shown(number)} ${one}${number === 1 ? "" : "s"}`

/** A text of others below our own line: what it goes on with cannot be taken for another line of ours. */
export const under = (text: string): string => text.replaceAll("\n", "\n  ")

/** What came of a run: one line, and below it what a person may have to do. */
export const runText = (run: Run): string => {
  const head = `${run.connector}  ${resultOf(run)}`
  const error = run.error as ErrorDocument | null
  const problem =
    error === null ? [] : [placedMessage(error), error.suggestion].filter((line) => typeof line === "string")
  const changes = run.schemaChanges.map(
    ({ dataset, column, change, to }) => `\n  ${dataset}: column "${column}" ${change}${to === null ? "" : ` (${to})`}`,
  )
  return [head, ...changes, ...problem.map((line) => `\n  ${under(line)}`), ...logText(error?.["log"])].join("")
}

/** What the connector logged last, for a failure that it may explain. */
const logText = (log: unknown): ReadonlyArray<string> =>
  Array.isArray(log) && log.length > 0
    ? ["\n  Last in its log:", ...log.map((line) => `\n    ${under(String(line))}`)]
    : []

const resultOf = (run: Run): string => {
  if (run.outcome === "failure") return "failed"
  if (run.outcome === "skipped") return "skipped"
  const facts = [rowsText(run), ...droppedText(run)].filter((text) => text !== "")
  const checkpoint = run.checkpoint_id === null ? "nothing changed" : `checkpoint ${run.checkpoint_id}`
  const done = [facts.join(", "), checkpoint].filter((text) => text !== "").join("; ")
  return run.outcome === "partial" ? `failed after a part of it: ${done}` : done
}

const signs = { insert: "+", replace: "= ", upsert: "~ " } as const

/** `observations +1,096 rows (insert), plays ~ 5 rows (upsert: 4 new, 1 the same)` */
export const rowsText = ({ datasets, upserted }: Pick<Run, "datasets" | "upserted">): string =>
  Object.entries(datasets)
    .map(([dataset, { mode, rows }]) => {
      const came = cameText(upserted, dataset, rows, shown)
      return `${dataset} ${signs[mode]}${count(rows, "row")} (${mode}${came === "" ? "" : `: ${came}`})`
    })
    .join(", ")

const droppedText = (run: Run): ReadonlyArray<string> =>
  Object.entries(run.dropped).map(
    ([output, rows]) => `${count(rows, "row")} of output "${output}" ${rows === 1 ? "goes" : "go"} to no dataset`,
  )

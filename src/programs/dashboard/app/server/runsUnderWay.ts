import { useSyncExternalStore } from "react"
import type { Run } from "../../../../services/domain/Run.ts"
import type { Hello, ProjectEvent } from "../../../../services/Events.ts"
import { askText, read, segments } from "./ask.ts"
import { joined } from "./joined.ts"
import { makeSignal } from "./signal.ts"
import type { Line } from "./types.ts"

/** A run as it was told of so far. */
export interface LiveRun {
  readonly runId: string
  readonly rows: Readonly<Record<string, number>>
  readonly lines: ReadonlyArray<Line>
}

/** Lines on screen of a run; its whole log is a page of its own. */
const mostLines = 300

const { subscribe, tell } = makeSignal()
let runs: ReadonlyMap<string, LiveRun> = new Map()
let lastEnded: Run | null = null

const change = (connector: string, run: LiveRun | null): void => {
  const changed = new Map(runs)
  if (run === null) changed.delete(connector)
  else changed.set(connector, run)
  runs = changed
  tell()
}

const endOf = ({ startedAt, durationMs }: Run): number => Date.parse(startedAt) + durationMs

/** Runs elsewhere may be told of when they are long over, and another is under way. Their ids sort by time. */
const isLate = (connector: string, runId: string): boolean => runId < (runs.get(connector)?.runId ?? "")

const over = (connector: string, runId: string): void => {
  if (runs.get(connector)?.runId === runId) change(connector, null)
  else tell()
}

/** What it wrote before we came: nothing tells that any more. */
const catchUp = async (connector: string, runId: string): Promise<void> => {
  try {
    const end = await askText(`/api/runs/${segments(runId)}/log?last=${mostLines}`)
    const { lines } = read<{ lines: ReadonlyArray<Line> }>(end)
    const run = runs.get(connector)
    if (run?.runId === runId) change(connector, { ...run, lines: joined(lines, run.lines).slice(-mostLines) })
  } catch {
    // It has none yet; the lines to come are shown all the same.
  }
}

export const followRun = (event: ProjectEvent | Hello): void => {
  if (event.type === "hello") {
    runs = new Map(event.underWay.map(({ connector, runId, rows }) => [connector, { runId, rows, lines: [] }]))
    for (const { connector, runId } of event.underWay) void catchUp(connector, runId)
    return tell()
  }
  if (event.type === "finished") {
    if (lastEnded === null || endOf(lastEnded) <= endOf(event.run)) lastEnded = event.run
    return over(event.connector, event.runId)
  }
  // Its process died: nothing more comes of it.
  if (event.type === "lost") return over(event.connector, event.runId)
  if (event.type !== "started" && event.type !== "line" && event.type !== "progress") return
  if (isLate(event.connector, event.runId)) return
  if (event.type === "started") return change(event.connector, { runId: event.runId, rows: {}, lines: [] })
  const known = runs.get(event.connector)
  const run = known?.runId === event.runId ? known : { runId: event.runId, rows: {}, lines: [] }
  if (event.type === "progress") return change(event.connector, { ...run, rows: event.rows })
  const line = { stream: event.stream, text: event.text }
  change(event.connector, { ...run, lines: [...run.lines, line].slice(-mostLines) })
}

export const useLiveRun = (connector: string): LiveRun | null =>
  useSyncExternalStore(subscribe, () => runs.get(connector) ?? null)

export const useLiveRuns = (): ReadonlyMap<string, LiveRun> => useSyncExternalStore(subscribe, () => runs)

/** The run that ended last while this page was open. */
export const useLastEnded = (): Run | null => useSyncExternalStore(subscribe, () => lastEnded)

import * as path from "node:path"
import type { Layout } from "../../services/Project.ts"

/** One JSON document a line, oldest first; whoever appends holds the commit lock. The connector's name is a name. */
export const runsFile = (layout: Layout, connector: string): string => path.join(layout.runs, `${connector}.jsonl`)

/** One JSON document a line: when, which stream, what. */
export const logFile = (layout: Layout, runId: string): string => path.join(layout.runs, `${runId}.log`)

export const commitLock = (layout: Layout): string => path.join(layout.locks, "commit.lock")

export const runLock = (layout: Layout, connector: string): string => path.join(layout.locks, `run-${connector}.lock`)

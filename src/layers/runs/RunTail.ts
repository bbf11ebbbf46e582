import { readdirSync, statSync } from "node:fs"
import * as path from "node:path"
import { isName } from "../../services/domain/Name.ts"
import type { Run } from "../../services/domain/Run.ts"
import { isUnfinished } from "../../services/domain/RunUnfinished.ts"
import type { Events } from "../../services/Events.ts"
import type { Layout } from "../../services/Project.ts"
import { logFile, runLock, runsFile } from "./files.ts"
import { readLine } from "./lines.ts"
import { newLines } from "./newLines.ts"
import { isAlive } from "./processes.ts"
import { readRecord } from "./records.ts"
import { connectorOf } from "./runId.ts"
import { readHolder } from "./sidecar.ts"

interface Followed {
  readonly connector: string
  /** Null for one that was over when it was seen first. */
  readonly pid: number | null
  /** Bytes of its log that have been told. */
  told: number
  /** Rows so far, as they were told. */
  rows: string
}

/** Bytes of a log that are told at once: of what came faster, listeners would be given the end only, too. */
const mostAtOnce = 256 * 1024
/** Runs that are over, so that nothing of them is told twice. */
const remembered = 1_000

/** Turns what runs in other processes leave on disk into the events that they would be here. */
export class RunTail {
  readonly #layout: Layout
  readonly #events: Pick<Events["Service"], "isOurs" | "publish">
  readonly #followed = new Map<string, Followed>()
  readonly #over = new Set<string>()
  /** By connector: how much of its records has been looked at. */
  readonly #seen = new Map<string, number>()

  constructor(layout: Layout, events: Pick<Events["Service"], "isOurs" | "publish">) {
    this.#layout = layout
    this.#events = events
    for (const connector of matches(layout.runs, /^(.+)\.jsonl$/)) {
      this.#seen.set(connector, sizeOf(runsFile(layout, connector)))
    }
    for (const connector of matches(layout.locks, /^run-(.+)\.lock\.json$/)) this.#lock(connector)
  }

  get isFollowing(): boolean {
    return this.#followed.size > 0
  }

  /** These files were changed. */
  see(files: Iterable<string>): void {
    const names = [...files].map((file) => path.basename(file))
    for (const connector of captured(names, /^run-(.+)\.lock\.json$/)) this.#lock(connector)
    for (const runId of captured(names, /^(.+)\.log$/)) {
      const connector = connectorOf(runId)
      if (!this.#followed.has(runId) && connector !== null) this.#lock(connector)
      this.#log(runId)
    }
    for (const connector of captured(names, /^(.+)\.jsonl$/)) this.#records(connector)
  }

  /** To be called each second while it follows any: a process that is killed changes no file. */
  look(): void {
    for (const [runId, { connector, pid }] of this.#followed) {
      this.#log(runId)
      if (pid === null || !isAlive(pid)) this.#end(runId)
      else this.#lock(connector)
    }
  }

  #lock(connector: string): void {
    if (!isName(connector)) return
    const holder = readHolder(runLock(this.#layout, connector))
    const runId = holder !== null && holder.pid !== process.pid && isAlive(holder.pid) ? holder.runId : null
    for (const [other, followed] of this.#followed) {
      if (followed.connector === connector && other !== runId) this.#end(other)
    }
    if (runId !== null && holder !== null && connectorOf(runId) === connector)
      this.#follow(runId, connector, holder.pid)
    if (runId !== null && holder?.rows !== undefined) this.#progress(runId, holder.rows)
  }

  #follow(runId: string, connector: string, pid: number | null): void {
    if (this.#followed.has(runId) || this.#over.has(runId) || this.#events.isOurs(runId)) return
    this.#followed.set(runId, { connector, pid, told: 0, rows: "" })
    this.#events.publish({ type: "started", runId, connector }, true)
    this.#log(runId)
  }

  #progress(runId: string, rows: Readonly<Record<string, number>>): void {
    const followed = this.#followed.get(runId)
    const text = JSON.stringify(rows)
    if (followed === undefined || followed.rows === text) return
    followed.rows = text
    this.#events.publish({ type: "progress", runId, connector: followed.connector, rows }, true)
  }

  #log(runId: string): void {
    const followed = this.#followed.get(runId)
    if (followed === undefined) return
    const { lines, next } = newLines(logFile(this.#layout, runId), followed.told, mostAtOnce)
    followed.told = next
    for (const line of lines) {
      const read = readLine(line)
      if (read === null) continue
      const { stream, text } = read
      this.#events.publish({ type: "line", runId, connector: followed.connector, stream, text }, true)
    }
  }

  #records(connector: string): void {
    if (!isName(connector)) return
    const { lines, next } = newLines(runsFile(this.#layout, connector), this.#seen.get(connector) ?? 0)
    this.#seen.set(connector, next)
    for (const line of lines) {
      const run = readRecord(line)
      if (run === null || isUnfinished(run) || this.#events.isOurs(run.runId)) continue
      // It never began: whose turn it was is under way.
      if (run.outcome !== "skipped") this.#follow(run.runId, connector, null)
      this.#finish(run)
    }
  }

  #finish(run: Run): void {
    const { runId, connector } = run
    if (this.#over.has(runId)) return
    this.#log(runId)
    this.#forget(runId)
    this.#events.publish({ type: "finished", runId, connector, run }, true)
  }

  /** It holds its lock no more: then its record has been there before. */
  #end(runId: string): void {
    const followed = this.#followed.get(runId)
    if (followed === undefined) return
    this.#records(followed.connector)
    if (!this.#followed.has(runId)) return
    this.#log(runId)
    this.#forget(runId)
    this.#events.publish({ type: "lost", runId, connector: followed.connector }, true)
  }

  #forget(runId: string): void {
    this.#followed.delete(runId)
    this.#over.add(runId)
    const [oldest] = this.#over
    if (this.#over.size > remembered && oldest !== undefined) this.#over.delete(oldest)
  }
}

/** Of what cannot be looked at nothing can be told. */
const sizeOf = (file: string): number => {
  try {
    return statSync(file).size
  } catch {
    return 0
  }
}

const captured = (names: ReadonlyArray<string>, pattern: RegExp): ReadonlyArray<string> =>
  names.flatMap((name) => pattern.exec(name)?.[1] ?? [])

const matches = (directory: string, pattern: RegExp): ReadonlyArray<string> => {
  try {
    return captured(readdirSync(directory), pattern)
  } catch {
    // Nothing has run yet.
    return []
  }
}

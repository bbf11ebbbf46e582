import { Effect, type Scope } from "effect"
import type { SyncEvent } from "../../services/SyncService.ts"
import { print, printError, wantsJson } from "./output.ts"
import { count, runText } from "./runText.ts"

/** Shows runs as they go: each one's result as it ends and, until then, on a terminal a line that is redrawn. */
export const progress: Effect.Effect<(event: SyncEvent) => void, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => (process.stderr.isTTY ? new StatusLine() : new PlainLines())),
  (shown) => Effect.sync(() => shown.close()),
).pipe(Effect.map((shown) => (event: SyncEvent) => shown.on(event)))

/** Rows so far of each run that is under way. */
class UnderWay {
  readonly rows = new Map<string, number>()

  on(event: SyncEvent): void {
    if (event.type === "started") this.rows.set(event.connector, 0)
    if (event.type === "finished") this.rows.delete(event.connector)
    if (event.type === "progress") {
      const rows = Object.values(event.rows).reduce((sum, one) => sum + one, 0)
      this.rows.set(event.connector, rows)
    }
  }

  texts(): ReadonlyArray<string> {
    return [...this.rows].map(([connector, rows]) => `${connector} ${rows === 0 ? "..." : count(rows, "row")}`)
  }
}

const showResult = (event: SyncEvent): void => {
  if (event.type === "finished" && !wantsJson()) Effect.runFork(print(runText(event.run)))
}

class StatusLine {
  readonly #underWay = new UnderWay()
  readonly #timer = setInterval(() => this.#draw(), 100)

  on(event: SyncEvent): void {
    this.#underWay.on(event)
    if (event.type !== "finished") return
    this.#clear()
    showResult(event)
    this.#draw()
  }

  close(): void {
    clearInterval(this.#timer)
    this.#clear()
  }

  #draw(): void {
    // A key of the manifest may be any text until it has been refused.
    const line = this.#underWay
      .texts()
      .join(" · ")
      .replace(/\p{Cc}/gu, "?")
    if (line !== "") process.stderr.write(`\r\u001B[2K${line.slice(0, (process.stderr.columns || 80) - 1)}`)
  }

  #clear(): void {
    process.stderr.write("\r\u001B[2K")
  }
}

/** For logs of cron and the like: a word now and then from runs that take long. */
class PlainLines {
  readonly #underWay = new UnderWay()
  readonly #timer = setInterval(() => this.#tell(), 10_000)

  on(event: SyncEvent): void {
    this.#underWay.on(event)
    showResult(event)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #tell(): void {
    for (const text of this.#underWay.texts()) Effect.runFork(printError(text))
  }
}

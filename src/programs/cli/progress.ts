import { Effect, type Scope } from "effect"
import type { Run } from "../../services/domain/Run.ts"
import type { SyncEvent } from "../../services/SyncService.ts"
import { printError, say, sayError, wantsJson } from "./output.ts"
import { count, runText } from "./runText.ts"
import { isTry, Tries } from "./tries.ts"

/** Shows runs as they go: each one's result as it ends and, until then, on a terminal a line that is redrawn. */
export const progress: Effect.Effect<(event: SyncEvent) => void, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => (process.stderr.isTTY ? new StatusLine() : new PlainLines())),
  (shown) => Effect.sync(() => shown.close()),
).pipe(Effect.map((shown) => (event: SyncEvent) => shown.on(event)))

interface SoFar {
  readonly rows: number
  /** For another try, until rows come. */
  readonly waits: boolean
}

/** How far each run is that is under way. */
export class UnderWay {
  readonly #runs = new Map<string, SoFar>()

  on(event: SyncEvent): void {
    const { connector } = event
    const { rows, waits } = this.#runs.get(connector) ?? { rows: 0, waits: false }
    if (event.type === "started") this.#runs.set(connector, { rows: 0, waits: false })
    if (event.type === "finished") this.#runs.delete(connector)
    if (event.type === "line" && isTry(event)) this.#runs.set(connector, { rows, waits: true })
    if (event.type === "progress") {
      const now = Object.values(event.rows).reduce((sum, one) => sum + one, 0)
      this.#runs.set(connector, { rows: now, waits: now > rows ? false : waits })
    }
  }

  texts(): ReadonlyArray<string> {
    return [...this.#runs].map(([connector, { rows, waits }]) => {
      const far = `${connector}  ${rows === 0 ? "..." : count(rows, "row")}`
      return waits ? `${far} (waits)` : far
    })
  }
}

/**
 * Prints each try that is waited for, what came of each run, and where to read on when one that failed has logged
 * something. `before` makes room.
 */
class Results {
  readonly #tries = new Tries()
  readonly #logging = new Set<string>()

  on(event: SyncEvent, before: () => void = () => {}): void {
    const waits = this.#tries.textOf(event)
    if (waits !== null || event.type === "finished") before()
    if (waits !== null) Effect.runFork(sayError(waits))
    if (event.type === "line") this.#logging.add(event.runId)
    if (event.type !== "finished" || wantsJson()) return
    const { runId, run } = event
    const text = runText(run)
    const isLed = text.includes(`openislands logs ${runId}`)
    const hint =
      !this.#logging.has(runId) || isLed || !mayBeExplained(run)
        ? ""
        : `\n  "openislands logs ${runId}" shows what it logged.`
    Effect.runFork(say(`${text}${hint}`))
  }
}

/** A drift has said all that there is to say. */
const mayBeExplained = ({ error }: Run): boolean =>
  error !== null && (error as { readonly _tag?: unknown })._tag !== "SchemaDrift"

class StatusLine {
  readonly #underWay = new UnderWay()
  readonly #results = new Results()
  readonly #timer = setInterval(() => this.#draw(), 100)

  on(event: SyncEvent): void {
    this.#underWay.on(event)
    this.#results.on(event, () => this.#clear())
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
  readonly #results = new Results()
  readonly #timer = setInterval(() => this.#tell(), 10_000)

  on(event: SyncEvent): void {
    this.#underWay.on(event)
    this.#results.on(event)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #tell(): void {
    for (const text of this.#underWay.texts()) Effect.runFork(printError(text))
  }
}

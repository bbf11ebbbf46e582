import type { OutputPlan } from "../../services/domain/OutputPlan.ts"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import { getIn, isArray, newMap, setIn } from "../formats/primordials.ts"
import { describe, RowError } from "../formats/rowError.ts"
import { GuestOutput, type Stage, WriteFailed } from "./guestOutput.ts"
import type { SyncFailed } from "./protocol.ts"
import { never, retryOf } from "./retryable.ts"
import { cut, framesOf, textOf } from "./thrown.ts"

const now = Date.now
const nextTurn = setImmediate

/** Milliseconds after which the event loop gets a turn, for signals and timers, however busy the connector is. */
const breath = 100
/** Rows between two looks at the clock. */
const stride = 1024

/** The writing calls of one run: what they wrote, whether any is under way, and the first failure of them all. */
export class GuestWrites {
  readonly #names: ReadonlyArray<string>
  readonly #outputs = newMap<string, GuestOutput>()
  #failure: { readonly report: SyncFailed; readonly error: unknown } | null = null
  #closed = false
  #pending = 0
  #onIdle: (() => void) | null = null
  #lastBreath = now()

  constructor(plans: ReadonlyArray<OutputPlan>) {
    this.#names = plans.map(({ output }) => output)
    for (const plan of plans) setIn(this.#outputs, plan.output, new GuestOutput(plan))
  }

  get failure(): SyncFailed | null {
    return this.#failure?.report ?? null
  }

  /** Fails the run, and with it every call from now on. */
  stop(reason: unknown): void {
    this.#fail({ type: "sync-failed", why: "threw", detail: "it was told to stop", stack: null, ...never }, reason)
  }

  /** From then on every call is a failure. */
  close(): void {
    this.#closed = true
  }

  /** Calls that the connector didn't wait for have ended. */
  async idle(): Promise<void> {
    while (this.#pending > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve))
  }

  /** Rows checked so far. */
  rows(): Record<string, number> {
    const rows: Record<string, number> = {}
    for (const name of this.#names) rows[name] = this.#output(name).rows
    return rows
  }

  reports(): ReadonlyArray<OutputReport> | SyncFailed {
    const reports: Array<OutputReport> = []
    for (const name of this.#names) {
      try {
        reports.push(this.#output(name).report())
      } catch (thrown) {
        return failureOf(thrown, "", name, null)
      }
    }
    return reports
  }

  /** One call of the connector; `site` was made in it, for its stack. Answers how many rows it took. */
  async write(method: "insert" | "replace", output: unknown, rows: unknown, site: Error): Promise<number> {
    this.#check()
    const target = typeof output === "string" ? getIn(this.#outputs, output) : undefined
    if (target === undefined) {
      const name = typeof output === "string" ? output.slice(0, 200) : describe(output)
      const stack = framesOf(site)
      throw this.#fail({ type: "sync-failed", why: "output", output: name, stack }, new Error(`no output "${name}"`))
    }
    const name = target.plan.output
    this.#pending++
    try {
      if (this.#closed) throw new Misuse("was called after sync had returned: await every call")
      const stage = method === "insert" ? target.insert() : target.replace()
      // An array at one go: whoever doesn't await the call may reuse it.
      const taken = isArray(rows) ? putAll(stage, rows) : await this.#pull(stage, rows)
      if (this.#isOutOfBreath()) await this.#breathe()
      this.#check()
      return taken
    } catch (thrown) {
      throw this.#fail(failureOf(thrown, `ctx.${method}("${name}", rows) `, name, site), thrown)
    } finally {
      this.#pending--
      if (this.#pending === 0) this.#onIdle?.()
    }
  }

  async #pull(stage: Stage, rows: unknown): Promise<number> {
    let taken = 0
    if (isObject(rows) && typeof rows[Symbol.asyncIterator] === "function") {
      for await (const row of rows as unknown as AsyncIterable<unknown>) {
        this.#check()
        put(stage, row)
        if (++taken % stride === 0 && this.#isOutOfBreath()) await this.#breathe()
      }
    } else if (isObject(rows) && typeof rows[Symbol.iterator] === "function") {
      for (const row of rows as unknown as Iterable<unknown>) {
        put(stage, row)
        if (++taken % stride === 0 && this.#isOutOfBreath()) await this.#breathe()
      }
    } else {
      const promised = isObject(rows) && typeof rows["then"] === "function"
      const got = promised ? "a promise: await it first" : describe(rows)
      throw new Misuse(`takes an array, an iterable or an async iterable of objects, and was given ${got}`)
    }
    return taken
  }

  /** Once a call has failed, so does every other. */
  #check(): void {
    if (this.#failure !== null) throw this.#failure.error
  }

  #isOutOfBreath(): boolean {
    return now() - this.#lastBreath >= breath
  }

  async #breathe(): Promise<void> {
    await new Promise((resolve) => nextTurn(resolve))
    this.#lastBreath = now()
    this.#check()
  }

  #output(name: string): GuestOutput {
    return getIn(this.#outputs, name)!
  }

  #fail(report: SyncFailed, error: unknown): unknown {
    this.#failure ??= { report, error }
    return this.#failure.error
  }
}

const put = (stage: Stage, row: unknown): void => {
  stage.writer.row(row)
  stage.rows++
}

const putAll = (stage: Stage, rows: ReadonlyArray<unknown>): number => {
  let at = 0
  for (; at < rows.length; at++) put(stage, rows[at])
  return at
}

/** A call that makes no sense; the message goes on from the call. */
class Misuse extends Error {}

const isObject = (value: unknown): value is Readonly<Record<PropertyKey, unknown>> =>
  typeof value === "object" && value !== null

/** Blames a row, the call, or what the rows' own iterator threw. */
const failureOf = (thrown: unknown, call: string, output: string, site: Error | null): SyncFailed => {
  const stack = framesOf(site)
  if (RowError.is(thrown)) {
    const { row, expected, got } = thrown
    const column = thrown.column === null ? null : cut(thrown.column)
    return { type: "sync-failed", why: "row", output, row, column, expected, got, stack }
  }
  const failure = { type: "sync-failed", why: "threw", ...retryOf(thrown, now()) } as const
  if (thrown instanceof WriteFailed) {
    return { ...failure, detail: `the rows of output "${output}" cannot be written: ${thrown.message}`, stack: null }
  }
  const { detail, stack: own } = textOf(thrown)
  if (thrown instanceof Misuse) return { ...failure, detail: call + detail, stack }
  return { ...failure, detail, stack: (own ?? "") + (stack ?? "") }
}

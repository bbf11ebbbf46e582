import { AsyncLocalStorage } from "node:async_hooks"
import type { OutputPlan } from "../../services/domain/OutputPlan.ts"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import type { Mode } from "../../services/domain/Run.ts"
import { append, getIn, isArray, newMap, setIn } from "../formats/primordials.ts"
import { keyText } from "../formats/keyText.ts"
import { describe, RowError } from "../formats/rowError.ts"
import { noGrounds } from "./grounds.ts"
import { GuestOutput, type Stage } from "./guestOutput.ts"
import { Misuse } from "./misuse.ts"
import type { SyncFailed } from "./protocol.ts"
import { never } from "./retryable.ts"
import { NotSynchronous, type RowCheck, type RowSchema, schemaCheck } from "./rowChecks.ts"
import { fileSink, type SinkOf } from "./stageSink.ts"
import { framesOf } from "./thrown.ts"
import { type FailedCall, failureOf, reasonOf } from "./writeFailures.ts"

const now = Date.now
const nextTurn = setImmediate

/** Milliseconds after which the event loop gets a turn, for signals and timers, however busy the connector is. */
const breath = 100
/** Rows between two looks at the clock. */
const stride = 1024

/** Whether code runs that yields the rows of a call: who waits for that call from there waits for ever. */
export const inRows = new AsyncLocalStorage<true>()

/** The writing calls of one run: what they wrote, whether any is under way, and the first failure of them all. */
export class GuestWrites {
  readonly #names: ReadonlyArray<string>
  readonly #sinkOf: SinkOf
  readonly #outputs = newMap<string, GuestOutput>()
  readonly #schemas = newMap<string, RowCheck>()
  /** Rows of earlier commits, by output. */
  readonly #committed = newMap<string, number>()
  #failure: { readonly report: SyncFailed; readonly error: unknown } | null = null
  #closed = false
  #held = false
  #pending = 0
  #onIdle: (() => void) | null = null
  #lastBreath = now()

  constructor(plans: ReadonlyArray<OutputPlan>, sinkOf: SinkOf = fileSink) {
    this.#sinkOf = sinkOf
    this.#names = plans.map(({ output }) => output)
    this.#open(plans)
  }

  /** Each output's rows are checked by its schema. To be called before anything is written. */
  checkBy(schemas: Readonly<Record<string, RowSchema>>): void {
    for (const [output, schema] of Object.entries(schemas)) setIn(this.#schemas, output, schemaCheck(schema))
    this.#open(this.#names.map((name) => this.#output(name).plan))
  }

  get failure(): SyncFailed | null {
    return this.#failure?.report ?? null
  }

  /** Fails the run, and with it every call from now on. */
  stop(reason: unknown): void {
    this.#fail(
      { type: "sync-failed", why: "threw", detail: "it was told to stop", stack: null, ...never, ...noGrounds },
      reason,
    )
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
    for (let at = 0; at < this.#names.length; at++) {
      const name = this.#names[at]!
      rows[name] = (getIn(this.#committed, name) ?? 0) + this.#output(name).rows
    }
    return rows
  }

  /** Outputs that were written to since the last commit, and how. */
  written(): ReadonlyArray<{ readonly output: string; readonly mode: Mode }> {
    const written: Array<{ readonly output: string; readonly mode: Mode }> = []
    for (let at = 0; at < this.#names.length; at++) {
      const output = this.#names[at]!
      const { mode } = this.#output(output)
      if (mode !== null) append(written, { output, mode })
    }
    return written
  }

  /** Nothing more is written until `goOn`: every call meanwhile is a failure. */
  hold(): void {
    this.#held = true
  }

  /** What was written is committed, and what comes now is the next commit's. */
  goOn(plans: ReadonlyArray<OutputPlan>): void {
    for (let at = 0; at < this.#names.length; at++) {
      const name = this.#names[at]!
      setIn(this.#committed, name, (getIn(this.#committed, name) ?? 0) + this.#output(name).rows)
    }
    this.#open(plans)
    this.#held = false
  }

  reports(): ReadonlyArray<OutputReport> | SyncFailed {
    const reports: Array<OutputReport> = []
    for (let at = 0; at < this.#names.length; at++) {
      const name = this.#names[at]!
      try {
        append(reports, this.#output(name).report())
      } catch (thrown) {
        return failureOf(thrown, { call: "", output: name, site: null })
      }
    }
    return reports
  }

  /** One call of the connector; `site` was made in it, for its stack. Answers how many rows it took. */
  async write(method: Mode, output: unknown, rows: unknown, site: Error): Promise<number> {
    this.check()
    const target = typeof output === "string" ? getIn(this.#outputs, output) : undefined
    if (target === undefined) {
      const name = typeof output === "string" ? output.slice(0, 200) : describe(output)
      const stack = framesOf(site)
      throw this.#fail({ type: "sync-failed", why: "output", output: name, stack }, new Error(`no output "${name}"`))
    }
    const name = target.plan.output
    this.#pending++
    try {
      this.refuseLate()
      const stage = target.open(method)
      // An array at one go: whoever doesn't await the call may reuse it.
      const taken = isArray(rows) ? putAll(stage, rows) : await inRows.run(true, () => this.#pull(stage, rows))
      if (this.#isOutOfBreath()) await this.#breathe()
      this.check()
      return taken
    } catch (thrown) {
      const reason = thrown instanceof NotSynchronous ? await reasonOf(thrown) : thrown
      throw this.failed(reason, { call: `ctx.${method}("${name}", rows) `, output: name, site })
    } finally {
      this.#pending--
      if (this.#pending === 0) this.#onIdle?.()
    }
  }

  async #pull(stage: Stage, rows: unknown): Promise<number> {
    let taken = 0
    if (isObject(rows) && typeof rows[Symbol.asyncIterator] === "function") {
      for await (const row of rows as unknown as AsyncIterable<unknown>) {
        this.check()
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

  /** Fails the run, and answers what the call has to throw. */
  failed(thrown: unknown, call: FailedCall): unknown {
    return this.#fail(failureOf(thrown, call), thrown)
  }

  /** The same, where it is known already. */
  refuse(report: SyncFailed): unknown {
    return this.#fail(report, new Error("what was written cannot be kept"))
  }

  /** Calls that come when nothing can be written. */
  refuseLate(): void {
    if (this.#closed) throw new Misuse("was called after sync had returned: await every call")
    if (this.#held) throw new Misuse("was called while ctx.checkpoint() was under way: await that first")
  }

  /** Once a call has failed, so does every other. */
  check(): void {
    if (this.#failure !== null) throw this.#failure.error
  }

  #isOutOfBreath(): boolean {
    return now() - this.#lastBreath >= breath
  }

  async #breathe(): Promise<void> {
    await new Promise((resolve) => nextTurn(resolve))
    this.#lastBreath = now()
    this.check()
  }

  #open(plans: ReadonlyArray<OutputPlan>): void {
    for (let at = 0; at < plans.length; at++) {
      const plan = plans[at]!
      setIn(this.#outputs, plan.output, new GuestOutput(plan, getIn(this.#schemas, plan.output) ?? null, this.#sinkOf))
    }
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
  const { check, key } = stage
  try {
    stage.writer.row(check === null ? row : check(row, stage.rows))
  } catch (thrown) {
    // The writer repeats its error, whatever row comes next.
    if (RowError.is(thrown) && thrown.key === undefined) thrown.key = keyText(row, key)
    if (thrown instanceof NotSynchronous) thrown.key = keyText(row, key)
    throw thrown
  }
  stage.rows++
}

const putAll = (stage: Stage, rows: ReadonlyArray<unknown>): number => {
  let at = 0
  for (; at < rows.length; at++) put(stage, rows[at])
  return at
}

const isObject = (value: unknown): value is Readonly<Record<PropertyKey, unknown>> =>
  typeof value === "object" && value !== null

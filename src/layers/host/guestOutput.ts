import type { OutputPlan } from "../../services/domain/OutputPlan.ts"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import type { Mode } from "../../services/domain/Run.ts"
import { RowWriter } from "../formats/writer.ts"
import { Misuse } from "./misuse.ts"
import { keyCheck, type RowCheck } from "./rowChecks.ts"
import type { SinkOf, StageSink } from "./stageSink.ts"

/** The rows that belong together: all since the output's last replace. */
export interface Stage {
  readonly writer: RowWriter
  readonly sink: StageSink
  /** What each row has to pass first; null lets the writer judge alone. */
  readonly check: RowCheck | null
  /** The columns that tell rows apart. */
  readonly key: OutputPlan["key"]
  /** Rows checked so far. */
  rows: number
}

/**
 * An output as this run writes it. Calls don't wait for one another: each belongs to the stage that was the newest when
 * it was made, so the outcome is as if they had run one after the other in the order of their calls.
 */
export class GuestOutput {
  readonly plan: OutputPlan
  readonly #schema: RowCheck | null
  readonly #sinkOf: SinkOf
  #mode: OutputReport["mode"] = null
  #stage: Stage | null = null

  constructor(plan: OutputPlan, schema: RowCheck | null, sinkOf: SinkOf) {
    this.plan = plan
    this.#schema = schema
    this.#sinkOf = sinkOf
  }

  /** Null: nothing was written to it yet. */
  get mode(): OutputReport["mode"] {
    return this.#mode
  }

  /** Rows of the current stage. */
  get rows(): number {
    return this.#stage?.rows ?? 0
  }

  /** The stage of one call. */
  open(method: Mode): Stage {
    if (method === "replace") return this.#replace()
    const isUpsert = method === "upsert"
    if (isUpsert && this.plan.key === null) {
      throw new Misuse(`needs the columns that tell its rows apart: outputs.${this.plan.output}.key`)
    }
    if (this.#mode !== null && (this.#mode === "upsert") !== isUpsert) {
      throw new Misuse(`cannot follow ctx.${this.#mode} of the same output before the next commit`)
    }
    this.#mode ??= method
    return (this.#stage ??= this.#newStage())
  }

  /** Discards what was written since the last commit. */
  #replace(): Stage {
    if (this.#mode === "upsert") throw new Misuse("cannot follow ctx.upsert of the same output before the next commit")
    this.#mode = "replace"
    this.#stage?.sink.discard()
    return (this.#stage = this.#newStage())
  }

  /** Writes what is still held back. To be called once, before a commit: what comes after it is another output. */
  report(): OutputReport {
    const { output, columns } = this.plan
    const empty = { rows: 0, columns: [], headerColumns: columns?.length ?? 0 }
    const facts = this.#stage === null ? empty : this.#stage.writer.finish()
    return {
      output,
      mode: this.#mode,
      shape: this.#shape,
      rows: facts.rows,
      columns: facts.columns,
      headerColumns: facts.headerColumns,
    }
  }

  get #shape(): OutputReport["shape"] {
    const { afresh, contract } = this.plan
    return this.#mode === "replace" || afresh || contract === null ? "whole" : "segment"
  }

  get #check(): RowCheck | null {
    const schema = this.#schema
    if (this.#mode !== "upsert" || this.plan.key === null) return schema
    const key = keyCheck(this.plan.key)
    return schema === null ? key : (row, index) => key(schema(row, index), index)
  }

  #newStage(): Stage {
    const { codec, contract, columns, eol, onDrift, key } = this.plan
    const sink = this.#sinkOf(this.plan)
    const writer = new RowWriter({ codec, contract, columns, eol, onDrift, key, mode: this.#shape, sink })
    return { writer, sink, check: this.#check, key, rows: 0 }
  }
}

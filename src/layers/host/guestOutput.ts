import * as fs from "node:fs"
import type { OutputPlan } from "../../services/domain/OutputPlan.ts"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import type { ByteSink } from "../formats/byteSink.ts"
import { RowWriter } from "../formats/writer.ts"

const { ftruncateSync, writeSync } = fs

/** The rows that belong together: all since the output's last replace. */
export interface Stage {
  readonly writer: RowWriter
  readonly sink: FileSink
  /** Rows checked so far. */
  rows: number
}

/**
 * An output as this run writes it. Calls don't wait for one another: each belongs to the stage that was the newest when
 * it was made, so the outcome is as if they had run one after the other in the order of their calls.
 */
export class GuestOutput {
  readonly plan: OutputPlan
  #mode: OutputReport["mode"] = null
  #stage: Stage | null = null

  constructor(plan: OutputPlan) {
    this.plan = plan
  }

  /** Rows of the current stage. */
  get rows(): number {
    return this.#stage?.rows ?? 0
  }

  insert(): Stage {
    this.#mode ??= "insert"
    return (this.#stage ??= this.#newStage())
  }

  /** Discards what this run wrote before. */
  replace(): Stage {
    this.#mode = "replace"
    this.#stage?.sink.discard()
    return (this.#stage = this.#newStage())
  }

  /** Writes what is still held back. To be called once, at the end. */
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

  #newStage(): Stage {
    const { codec, contract, columns, eol, onDrift, fd } = this.plan
    const sink = new FileSink(fd)
    const writer = new RowWriter({ codec, contract, columns, eol, onDrift, mode: this.#shape, sink })
    return { writer, sink, rows: 0 }
  }
}

/** The rows couldn't be written, which is no fault of theirs. */
export class WriteFailed extends Error {}

/** Writes to a descriptor, or nowhere: without a dataset, and once its bytes were discarded. */
class FileSink implements ByteSink {
  #fd: number | null

  constructor(fd: number | null) {
    this.#fd = fd
  }

  write(bytes: Uint8Array): void {
    if (this.#fd === null) return
    try {
      let at = 0
      while (at < bytes.length) at += writeSync(this.#fd, bytes, at, bytes.length - at)
    } catch (cause) {
      throw new WriteFailed((cause as Error).message)
    }
  }

  discard(): void {
    if (this.#fd !== null) ftruncateSync(this.#fd, 0)
    this.#fd = null
  }
}

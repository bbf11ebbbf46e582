import * as fs from "node:fs"
import type { OutputPlan } from "../../services/domain/OutputPlan.ts"
import type { ByteSink } from "../formats/byteSink.ts"

const { ftruncateSync, writeSync } = fs

/** Where the rows of a stage go until they are committed. */
export interface StageSink extends ByteSink {
  /** Takes back what it was given, and from then on leads nowhere. */
  discard(): void
}

export type SinkOf = (plan: OutputPlan) => StageSink

/** The rows couldn't be written, which is no fault of theirs. */
export class WriteFailed extends Error {}

export const fileSink: SinkOf = ({ fd }) => new FileSink(fd)

/** Writes to a descriptor, or nowhere: without a dataset, and once its bytes were discarded. */
class FileSink implements StageSink {
  #fd: number | null

  constructor(fd: number | null) {
    this.#fd = fd
  }

  write(bytes: Uint8Array): void {
    const fd = this.#fd
    if (fd === null) return
    onDisk(() => {
      let at = 0
      while (at < bytes.length) at += writeSync(fd, bytes, at, bytes.length - at)
    })
  }

  discard(): void {
    const fd = this.#fd
    this.#fd = null
    if (fd !== null) onDisk(() => ftruncateSync(fd, 0))
  }
}

const onDisk = (action: () => void): void => {
  try {
    action()
  } catch (cause) {
    throw new WriteFailed((cause as Error).message)
  }
}

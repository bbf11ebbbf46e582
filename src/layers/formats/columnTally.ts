import type { Codec } from "../../services/domain/Contract.ts"
import type { ColumnReport } from "./drift.ts"
import { append } from "./primordials.ts"
import { join } from "./settle.ts"
import { typeOfBit } from "./values.ts"

/** Raised by the first sign of drift: from then on nothing will be written. */
export interface Alarm {
  drifted: boolean
}

/** What the rows so far have shown of one column. The encoders touch `mask` once per cell and call `see` once per class. */
export class ColumnTally {
  readonly name: string
  /** A json column of a CSV: its cells are JSON text, whatever their class. */
  readonly asJson: boolean
  /** Classes whose first sight isn't drift. */
  readonly accepted: number
  mask = 0
  nulls = false
  absent = false
  firstRow = -1
  readonly #alarm: Alarm
  readonly #seen: Array<ColumnReport["seen"][number]> = []

  constructor(name: string, accepted: number, asJson: boolean, alarm: Alarm) {
    this.name = name
    this.accepted = accepted
    this.asJson = asJson
    this.#alarm = alarm
  }

  /** Notes the first row of a class. */
  see(bit: number, row: number): void {
    this.mask |= bit
    append(this.#seen, { type: typeOfBit(bit), row })
    if ((bit & ~this.accepted) !== 0) this.#alarm.drifted = true
  }

  report(codec: Codec): ColumnReport {
    return {
      name: this.name,
      type: join(this.mask, codec).type,
      seen: this.#seen,
      nulls: this.nulls,
      absent: this.absent,
      firstRow: this.firstRow < 0 ? null : this.firstRow,
    }
  }
}

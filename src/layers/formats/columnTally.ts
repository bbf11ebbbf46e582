import type { Codec } from "../../services/domain/Contract.ts"
import type { ColumnReport } from "./drift.ts"
import { append } from "./primordials.ts"
import { describe } from "./rowError.ts"
import { join } from "./settle.ts"
import { typeOfBit } from "./values.ts"

/** Raised by the first sign of drift: no row behind this one will be written. */
export interface Alarm {
  drifted: boolean
  /** What showed in the row that is being written, and has yet to be told that row's key. */
  readonly signs: Array<{ key?: string }>
}

type Seen = ColumnReport["seen"][number]
type Sign = Omit<Seen, "key"> & { key?: string }

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
  /** Of the first row, where its having this column is drift. */
  key?: string
  readonly #alarm: Alarm
  readonly #seen: Array<Seen> = []

  constructor(name: string, accepted: number, asJson: boolean, alarm: Alarm) {
    this.name = name
    this.accepted = accepted
    this.asJson = asJson
    this.#alarm = alarm
  }

  /** Notes the first row of a class, and of one that is drift its value. */
  see(bit: number, row: number, value: unknown): void {
    this.mask |= bit
    const type = typeOfBit(bit)
    if ((bit & ~this.accepted) === 0) return append(this.#seen, { type, row })
    const told = toldWhole(value)
    const sign: Sign = told === null ? { type, row } : { type, row, value: told }
    append(this.#seen, sign)
    append(this.#alarm.signs, sign)
    this.#alarm.drifted = true
  }

  report(codec: Codec): ColumnReport {
    return {
      name: this.name,
      type: join(this.mask, codec).type,
      seen: this.#seen,
      nulls: this.nulls,
      absent: this.absent,
      firstRow: this.firstRow < 0 ? null : this.firstRow,
      ...(this.key === undefined ? {} : { key: this.key }),
    }
  }
}

/** Beyond this a value is not told: of one that is cut, what is left of a secret would be told with it. */
const longestTold = 40

const toldWhole = (value: unknown): string | null =>
  (typeof value === "string" && value.length <= longestTold) || typeof value === "number" || typeof value === "boolean"
    ? describe(value)
    : null

import { type Alarm, ColumnTally } from "./columnTally.ts"
import type { Codec, Contract, OnDrift } from "../../services/domain/Contract.ts"
import { append, getIn, indexOf, isWellFormed, newMap, setIn, toLowerCase } from "./primordials.ts"
import { describe, Refusal } from "./rowError.ts"
import { acceptMask } from "./settle.ts"
import { ANY } from "./values.ts"

/** The columns of one output: those of the header and the contract first, then new ones as the rows show them. */
export class ColumnSet {
  readonly list: Array<ColumnTally> = []
  readonly alarm: Alarm = { drifted: false, signs: [] }
  readonly #byName = newMap<string, ColumnTally>()
  readonly #byLowerCase = newMap<string, string>()
  readonly #codec: Codec
  /** New columns are drift: there is a contract, and it rejects them. */
  readonly #closed: boolean

  constructor(contract: Contract | null, header: ReadonlyArray<string>, codec: Codec, onDrift: OnDrift) {
    this.#codec = codec
    this.#closed = contract !== null && onDrift === "reject"
    const types = newMap<string, Contract["columns"][number]>()
    const declared = contract === null ? [] : contract.columns
    for (let at = 0; at < declared.length; at++) setIn(types, declared[at]!.name, declared[at]!)
    for (let at = 0; at < header.length; at++) this.#declare(header[at]!, getIn(types, header[at]!))
    for (let at = 0; at < declared.length; at++) this.#declare(declared[at]!.name, declared[at])
  }

  /** The column of a row's key; a new one is made on first sight. Refuses names that no file could hold. */
  find(key: string): ColumnTally {
    const known = getIn(this.#byName, key)
    if (known !== undefined) return known
    if (key.length === 0) throw new Refusal("a column name", "an empty name")
    if (indexOf(key, "\0") >= 0) throw new Refusal("a column name without NUL", describe(key))
    if (!isWellFormed(key)) throw new Refusal("a well-formed column name", "a lone surrogate in the name")
    const other = getIn(this.#byLowerCase, toLowerCase(key))
    if (other !== undefined) throw new Refusal(`column names that differ by more than case`, `also ${describe(other)}`)
    const added = this.#add(key, undefined)
    if (this.#closed) {
      append(this.alarm.signs, added)
      this.alarm.drifted = true
    }
    return added
  }

  #declare(name: string, column: Contract["columns"][number] | undefined): void {
    if (getIn(this.#byName, name) === undefined) this.#add(name, column)
  }

  #add(name: string, column: Contract["columns"][number] | undefined): ColumnTally {
    const accepted = this.#closed && column !== undefined ? acceptMask(column, this.#codec) : ANY
    const asJson = this.#codec === "csv" && column?.type === "json"
    const tally = new ColumnTally(name, accepted, asJson, this.alarm)
    append(this.list, tally)
    setIn(this.#byName, name, tally)
    setIn(this.#byLowerCase, toLowerCase(name), name)
    return tally
  }
}

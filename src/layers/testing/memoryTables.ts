import type { OutputPlan } from "../../services/domain/OutputPlan.ts"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import type { SinkOf } from "../host/stageSink.ts"

type Row = Readonly<Record<string, unknown>>

/** The datasets of a test: each output's rows, as they are read again after they were encoded. */
export class MemoryTables {
  readonly plans: ReadonlyArray<OutputPlan>
  readonly #staged = new Map<string, Array<Uint8Array>>()
  readonly #rows = new Map<string, Array<Row>>()

  constructor(outputs: ReadonlyArray<{ readonly name: string; readonly key: ReadonlyArray<string> | null }>) {
    this.plans = outputs.map(({ name, key }) => ({
      output: name,
      dataset: name,
      fd: null,
      codec: "jsonl",
      contract: null,
      columns: null,
      eol: "\n",
      afresh: false,
      onDrift: "evolve",
      key,
    }))
    for (const { name } of outputs) this.#rows.set(name, [])
  }

  readonly sinkOf: SinkOf = ({ output }) => {
    let own: Array<Uint8Array> | null = []
    this.#staged.set(output, own)
    return {
      write: (bytes) => void own?.push(bytes),
      discard: () => {
        own = null
      },
    }
  }

  /** What was staged becomes the outputs' rows. */
  commit(reports: ReadonlyArray<OutputReport>): void {
    for (const { output, mode } of reports) {
      const staged = this.#take(output)
      const before = this.#rows.get(output)!
      if (mode === "replace") this.#rows.set(output, staged)
      else if (mode === "upsert") this.#rows.set(output, merged(before, staged, this.#keyOf(output)))
      else if (mode === "insert") this.#rows.set(output, [...before, ...staged])
    }
  }

  /** By output. */
  rows(): Record<string, ReadonlyArray<Row>> {
    return Object.fromEntries([...this.#rows].map(([output, rows]) => [output, [...rows]]))
  }

  #take(output: string): Array<Row> {
    const text = Buffer.concat(this.#staged.get(output) ?? []).toString("utf8")
    this.#staged.delete(output)
    return text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line))
  }

  #keyOf(output: string): ReadonlyArray<string> {
    return this.plans.find((plan) => plan.output === output)?.key ?? []
  }
}

/** Each row in the place of the one with its key; of several with one key the last. */
const merged = (before: ReadonlyArray<Row>, upserted: ReadonlyArray<Row>, key: ReadonlyArray<string>): Array<Row> => {
  const byKey = new Map<string, Row>()
  for (const row of [...before, ...upserted]) byKey.set(JSON.stringify(key.map((column) => row[column])), row)
  return [...byKey.values()]
}

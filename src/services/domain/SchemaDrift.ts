import { Schema } from "effect"
import { toldRow } from "./toldRow.ts"

/** For a person, of the row: `id 7`; absent where the output has no key, or the row no value of it. */
const key = Schema.optionalKey(Schema.String)

const DriftedColumn = Schema.Struct({ column: Schema.String, type: Schema.String, row: Schema.Int, key })

/**
 * The rows don't fit the dataset's contract; nothing was written. Rows are 0-based within the sync's output, since the last
 * commit; the message counts from 1.
 */
export class SchemaDrift extends Schema.TaggedError<SchemaDrift>()("SchemaDrift", {
  dataset: Schema.String,
  output: Schema.String,
  /** The policy that refused them. */
  onDrift: Schema.Literals(["reject", "evolve"]),
  added: Schema.Array(DriftedColumn),
  missing: Schema.Array(Schema.Struct({ column: Schema.String })),
  retyped: Schema.Array(
    Schema.Struct({
      column: Schema.String,
      expected: Schema.String,
      got: Schema.String,
      row: Schema.Int,
      /** For a person; absent where it is long, or no scalar. */
      value: Schema.optionalKey(Schema.String),
      key,
    }),
  ),
  /** Those of `added` that differ from a column of the dataset in case only. */
  recased: Schema.Array(Schema.Struct({ column: Schema.String, existing: Schema.String })),
  /** Those of `retyped` to which `contract --settle` can give a type that fits these rows; what is there has to fit it, too. */
  settleable: Schema.Array(Schema.Struct({ column: Schema.String, type: Schema.String })),
}) {
  override get message() {
    const facts = shortened([
      ...this.added.map((one) => `new column "${one.column}" (${one.type}), first in ${toldRow(one.row, one.key)}`),
      ...this.missing.map((one) => `column "${one.column}" is in no row`),
      ...this.retyped.map(
        (one) =>
          `column "${one.column}" is ${one.expected}, ${toldRow(one.row, keyBeside(one))} has ${one.got}${toldValue(one.value)}`,
      ),
    ])
    return `output "${this.output}" no longer fits dataset "${this.dataset}": ${facts.join("; ")}`
  }
  get suggestion() {
    return ["Nothing was written.", ...this.#recasedText, ...this.#rulesText, ...this.#waysText].join(" ")
  }

  get #recasedText() {
    if (this.recased.length === 0) return []
    const pairs = shortened(this.recased.map(({ column, existing }) => `"${existing}" (not "${column}")`))
    return [`No policy allows columns that are equal but for case: write ${pairs.join(", ")} in the connector.`]
  }

  get #rulesText() {
    if (this.onDrift === "evolve") {
      // Any type goes, but rows that are staged as a CSV were written for the columns as they were.
      return this.retyped.length > 0 ? ["The types of its columns were changed while it ran: run it again."] : []
    }
    const rules = [
      this.added.length > this.recased.length ? ["a new column"] : [],
      this.missing.length > 0 ? ["rows that all lack a column"] : [],
      this.retyped.length > 0 ? ["a value of another type"] : [],
    ].flat()
    return rules.length === 0 ? [] : [`"onDrift": "reject" refuses ${listed(rules)}.`]
  }

  get #waysText() {
    const onlyRecased = this.retyped.length === 0 && this.added.length === this.recased.length
    // With the column spelt as it was, it is missing no more.
    const isSpelling =
      onlyRecased && this.missing.every(({ column }) => this.recased.some((one) => one.existing === column))
    if (this.onDrift === "evolve" || isSpelling) return []
    const evolve = `Shape the rows in the connector to fit; or let the dataset follow: set "onDrift": "evolve" on "${this.dataset}" in manifest.json`
    if (this.settleable.length === 0) return [`${evolve}.`]
    const types = this.settleable.map(({ column, type }) => ` --settle ${shellWord(`${column}=${type}`)}`)
    const fitting = "if all that is in the dataset fits another type, change it (queries see it as that from then on)"
    return [`${evolve}; or, ${fitting}: openislands contract ${this.dataset}${types.join("")}`]
  }
}

/** As many as a reader takes in; the fields hold them all. */
const mostShown = 5

/** Where the key itself doesn't fit, its value is told already. */
const keyBeside = ({ column, value, key }: SchemaDrift["retyped"][number]): string | undefined =>
  key === `${column} ${value}` ? undefined : key

const toldValue = (value: string | undefined): string => (value === undefined ? "" : `, ${value}`)

const shortened = (facts: ReadonlyArray<string>): ReadonlyArray<string> =>
  facts.length <= mostShown + 1 ? facts : [...facts.slice(0, mostShown), `and ${facts.length - mostShown} more columns`]

const listed = (words: ReadonlyArray<string>): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`

/** A column's name may be any text. */
const shellWord = (text: string): string => (/^[\w=.-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

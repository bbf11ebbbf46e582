import { parseCsv } from "./csv.ts"

export interface Reading {
  readonly delimiter: string
  /** CSV columns that stay text. */
  readonly text: ReadonlyArray<string>
}

type Row = Record<string, unknown>

/** Of a CSV with a header, a JSON array of objects, or JSON Lines; throws an Error that names the file. */
export const rowsOf = (name: string, bytes: Uint8Array, reading: Reading): Array<Row> => {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes)
    const rows = /\.csv$/i.test(name) ? csvRows(text, reading) : jsonRows(name, text)
    const odd = rows.findIndex((row) => typeof row !== "object" || row === null || Array.isArray(row))
    if (odd !== -1) throw new Error(`row ${odd + 1} is no object`)
    return rows
  } catch (cause) {
    throw new Error(`${name}: ${(cause as Error).message}`, { cause })
  }
}

const jsonRows = (name: string, text: string): Array<Row> => {
  if (!/\.json$/i.test(name)) {
    const lines = text.split("\n").filter((line) => line.trim() !== "")
    return lines.map((line) => JSON.parse(line))
  }
  const rows: unknown = JSON.parse(text)
  if (!Array.isArray(rows)) throw new Error("it holds no array of rows")
  return rows
}

const csvRows = (text: string, { delimiter, text: asText }: Reading): Array<Row> => {
  const [header, ...records] = parseCsv(text, delimiter)
  if (header === undefined) return []
  const [only] = header.fields
  const other = [",", ";", "\t"].find((one) => one !== delimiter && only?.value.includes(one))
  if (header.fields.length === 1 && other !== undefined && !only!.quoted) {
    throw new Error(
      `its header is one column, ${JSON.stringify(only!.value)}: set "delimiter": ${JSON.stringify(other)} in its config`,
    )
  }
  const names = header.fields.map(({ value }) => value.trim())
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new Error(`its header has the column "${twice}" twice`)
  return records.map(({ fields, line }) => {
    if (fields.length !== names.length) {
      throw new Error(`line ${line} has ${fields.length} fields, and the header ${names.length}`)
    }
    const cells = fields.map((field, index) => [
      names[index],
      asText.includes(names[index]!) ? textOf(field) : valueOf(field),
    ])
    return Object.fromEntries(cells)
  })
}

interface Field {
  readonly value: string
  readonly quoted: boolean
}

const textOf = ({ value, quoted }: Field): string | null => (value === "" && !quoted ? null : value)

/** A number only where nothing of it is lost: `00123`, `1e400` and the digits of a card are text. */
const valueOf = (field: Field): unknown => {
  const { value, quoted } = field
  if (quoted || value === "") return textOf(field)
  if (value === "true" || value === "false") return value === "true"
  return /^-?\d+(\.\d+)?$/.test(value) && isExact(value) ? Number(value) : value
}

const isExact = (value: string): boolean => {
  const [whole = "", decimals = ""] = value.split(".")
  return /^-?(0|[1-9]\d*)$/.test(whole) && `${whole}${decimals}`.replace("-", "").length <= 15 && value !== "-0"
}

export interface CsvRecord {
  readonly fields: ReadonlyArray<{ readonly value: string; readonly quoted: boolean }>
  /** Where it begins, from 1. */
  readonly line: number
}

/** The records of a CSV (RFC 4180), blank lines left out. Throws an Error with the line for a quote that never ends. */
export const parseCsv = (text: string, delimiter = ","): Array<CsvRecord> => {
  const records: Array<CsvRecord> = []
  let at = 0
  let line = 1
  while (at < text.length) {
    const begun = line
    const fields: Array<CsvRecord["fields"][number]> = []
    for (let more = true; more;) {
      const quoted = text[at] === '"'
      let value = ""
      if (quoted) {
        for (at++; ; at++) {
          const end = text.indexOf('"', at)
          if (end === -1) throw new Error(`line ${begun}: a quote that never ends`)
          value += text.slice(at, end)
          at = end + 1
          if (text[at] !== '"') break
          value += '"'
        }
        line += value.split("\n").length - 1
      }
      let end = at
      while (end < text.length && text[end] !== delimiter && text[end] !== "\n" && text[end] !== "\r") end++
      if (quoted && end > at) throw new Error(`line ${line}: text after a quoted field`)
      fields.push({ value: quoted ? value : text.slice(at, end), quoted })
      more = text[end] === delimiter
      at = end + 1
      if (text[end] === "\r" && text[at] === "\n") at++
    }
    line++
    const blank = fields.length === 1 && fields[0]?.value === "" && !fields[0].quoted
    if (!blank) records.push({ fields, line: begun })
  }
  return records
}

import { parseArgs } from "node:util"
import { type Choice, growth, growthBytes } from "./growth.ts"
import { batch } from "./generated.ts"
import { type Format, formats } from "./project.ts"
import { rows, rowsBytes } from "./rows.ts"
import { endOnSignals, gigabytes } from "./scratch.ts"
import { serve } from "./serve.ts"
import { startup } from "./startup.ts"
import { print } from "./table.ts"
import { upserts, upsertsBytes } from "./upserts.ts"

const help = `npm run bench [-- part ... --formats csv,json,... --largest rows]

What the built program takes, each figure beside what it is compared with:
  startup  commands that do little, beside Node's own start
  rows     a million rows through a guest, beside one thread that does the least
  growth   100 rows and their undo, on datasets of ten thousand to ten million rows
  upserts  1,000 rows upserted into a million, and their undo
  serve    a server with 1,000 idle connectors, its answers with 0 and 8 syncs running, a million events`

interface Part {
  /** Bytes of disk, at most. */
  readonly bytes: (choice: Choice) => number
  readonly run: (choice: Choice, tell: (line: string) => void) => Promise<string>
}

const parts: Readonly<Record<string, Part>> = {
  startup: { bytes: () => 0, run: startup },
  rows: { bytes: rowsBytes, run: rows },
  growth: { bytes: growthBytes, run: growth },
  upserts: { bytes: upsertsBytes, run: upserts },
  serve: { bytes: () => 1e9, run: serve },
}

/** What is being done goes to stderr, so that stdout can be pasted. */
const tell = (line: string): void => void process.stderr.write(`${line}\n`)

const wrong = (message: string): never => {
  tell(`${message}\n\n${help}`)
  process.exit(2)
}

const read = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { formats: { type: "string" }, largest: { type: "string" }, help: { type: "boolean" } },
    })
  } catch (error) {
    return wrong((error as Error).message)
  }
}

const { positionals: wanted, values } = read()
if (values.help === true) {
  print(help)
  process.exit(0)
}
const unknown = wanted.find((name) => !Object.hasOwn(parts, name))
if (unknown !== undefined) wrong(`no part "${unknown}"`)
const chosen = values.formats?.split(",") ?? formats
const isFormat = (name: string): name is Format => formats.some((format) => format === name)
if (!chosen.every(isFormat)) wrong(`the formats are ${formats.join(", ")}`)
const largest = Number(values.largest ?? 10_000_000)
if (!(largest >= batch) || largest % batch !== 0) wrong(`the largest dataset has a multiple of ${batch} rows`)
const choice: Choice = { formats: chosen.filter(isFormat), largest }

endOnSignals()
for (const [name, { bytes, run }] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  tell(`${name}, with up to ${gigabytes(bytes(choice))} of disk`)
  print(`${name}\n\n${await run(choice, tell)}\n`)
}

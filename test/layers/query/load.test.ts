import fc from "fast-check"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { microsOf, textOfMicros } from "../../../src/layers/formats/parquet/instants.ts"
import { readParquet } from "../../../src/layers/formats/parquet/readParquet.ts"
import { writeParquet } from "../../../src/layers/formats/parquet/writeParquet.ts"
import { readRows } from "../../../src/layers/formats/readRows.ts"
import { answer } from "../../../src/layers/query/answer.ts"
import { Engine } from "../../../src/layers/query/Engine.ts"
import { loadTable } from "../../../src/layers/query/load.ts"
import type { Contract } from "../../../src/services/domain/Contract.ts"
import type { Format } from "../../../src/services/domain/Manifest.ts"
import type { Row } from "../../../src/services/domain/Row.ts"
import { datasets } from "../formats/datasets.ts"
import { write } from "../formats/writing.ts"

const directory = mkdtempSync(path.join(tmpdir(), "openislands-"))
let engine: Engine
beforeAll(async () => void (engine = await Engine.open(directory)))
afterAll(() => rmSync(directory, { recursive: true }))

/** What `SELECT *` answers of a file, and who read it. */
const queried = async (format: Format, contract: Contract, file: string, header: ReadonlyArray<string>, eol = "\n") => {
  await engine.rows('DROP TABLE IF EXISTS x; DROP VIEW IF EXISTS "what was asked"')
  const reader = await loadTable(engine, { name: "x", file, format, table: null, contract, header, eol })
  const reply = await answer(engine, "SELECT * FROM x", { rows: 1_000, bytes: 1 << 30, isLayered: false })
  if (reply.type !== "answered") throw new Error(JSON.stringify(reply))
  return { reader, rows: JSON.parse(reply.rows) as ReadonlyArray<ReadonlyArray<unknown>> }
}

/** What our own reading gives, as an answer has it. */
const expected = async (rows: AsyncIterable<ReadonlyArray<Row>>, { columns }: Contract) => {
  const all: Array<ReadonlyArray<unknown>> = []
  for await (const batch of rows) {
    for (const row of batch) {
      all.push(
        columns.map(({ name, type }) => {
          const value = row[name]
          return type === "timestamp" && value !== null ? textOfMicros(microsOf(value as string)) : plain(value)
        }),
      )
    }
  }
  return all
}

const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner)),
  ) as unknown

const integer = fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }))
const wide = fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 126n), max: 2n ** 126n }))
const eols = fc.constantFrom("\n", "\r\n", "\r")

/** Zones may move a time out of the years that a query answers in ISO 8601. */
const isInCalendar = ({ rows }: { readonly rows: ReadonlyArray<Record<string, unknown>> }): boolean =>
  rows.every((row) => Object.values(row).every((value) => typeof value !== "string" || !/^(?:0000|9999)-/.test(value)))

describe("SELECT * answers what our own reading of the dataset gives:", () => {
  const read = { DuckDB: 0, us: 0, nobody: 0 }

  it.each(["csv", "jsonl", "json"] as const)("%s", { timeout: 300_000 }, async (format) => {
    const file = path.join(directory, `x.${format}`)
    Object.assign(read, { DuckDB: 0, us: 0 })
    await fc.assert(
      fc.asyncProperty(
        datasets(fc.oneof(integer, wide)).filter(isInCalendar),
        eols,
        async ({ contract, rows }, eol) => {
          const codec = format === "csv" ? "csv" : "jsonl"
          const { bytes, report } = write(rows, { codec, contract, ...(codec === "csv" ? { eol } : {}) } as object)
          const text = bytes.toString("utf8")
          const whole = format === "json" ? Buffer.from(`[${text.trimEnd().split("\n").join(",")}]`) : bytes
          writeFileSync(file, whole)
          const header = report.columns.map(({ name }) => name)
          const { reader, rows: found } = await queried(format, report.contract, file, header, eol)
          read[reader]++
          expect(found).toEqual(await expected(readRows(format, [whole], report.contract), report.contract))
        },
      ),
      { numRuns: 300 },
    )
    // DuckDB itself is the rule, for it is several times as fast.
    expect(read.DuckDB).toBeGreaterThan(read.us)
  })

  it("parquet", { timeout: 300_000 }, async () => {
    const file = path.join(directory, "x.parquet")
    const staged = path.join(directory, "x.staged")
    await fc.assert(
      fc.asyncProperty(datasets(integer).filter(isInCalendar), async ({ contract, rows }) => {
        const { bytes, report } = write(rows, { codec: "jsonl", contract })
        writeFileSync(staged, bytes)
        const { contract: settled } = report
        const options = { target: file, before: null, staged, contract: settled, previous: null, temporary: directory }
        await writeParquet(options)
        const { reader, rows: found } = await queried("parquet", settled, file, [])
        expect(reader).toBe("DuckDB")
        expect(found).toEqual(await expected(readParquet(file, settled), settled))
      }),
      { numRuns: 40 },
    )
  })
})

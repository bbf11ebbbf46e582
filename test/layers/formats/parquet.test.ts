import fc from "fast-check"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { DuckDb } from "../../../src/layers/formats/parquet/duckDb.ts"
import { readParquet } from "../../../src/layers/formats/parquet/readParquet.ts"
import { checkParquet, inferParquet } from "../../../src/layers/formats/parquet/userParquet.ts"
import { writeParquet } from "../../../src/layers/formats/parquet/writeParquet.ts"
import type { Column, ColumnType, Contract } from "../../../src/services/domain/Contract.ts"
import { type Dataset, datasets } from "./datasets.ts"
import { read, write } from "./writing.ts"

const directory = mkdtempSync(path.join(tmpdir(), "parquet-"))
afterAll(() => rmSync(directory, { recursive: true }))
let files = 0
/** Each opens a DuckDB some six times. */
const RUNS = 30
const fresh = (name = "data.parquet"): string => {
  const inside = path.join(directory, String(files++))
  mkdirSync(inside)
  return path.join(inside, name)
}

type Rows = ReadonlyArray<Record<string, unknown>>
interface Part {
  readonly bytes: Uint8Array
  readonly contract: Contract
}

const column = (name: string, type: ColumnType, optional = false): Column => ({ name, type, optional })
const columns = (...all: ReadonlyArray<Column>): Contract => ({ columns: all })

/** Rows as a sync stages them. */
const stage = (rows: Rows, contract: Contract | null = null): Part => {
  const { bytes, report } = write(rows, { codec: "jsonl", contract, onDrift: "evolve" })
  return { bytes, contract: report.contract }
}

const writeFile = async (
  part: Part,
  before: { readonly file: string; readonly contract: Contract | null } | null = null,
  target = fresh(),
): Promise<string> => {
  const temporary = path.dirname(fresh())
  const staged = fresh("rows.jsonl")
  writeFileSync(staged, part.bytes)
  const { contract } = part
  const previous = before?.contract ?? null
  try {
    await writeParquet({ target, before: before?.file ?? null, staged, contract, previous, temporary })
  } finally {
    expect(readdirSync(temporary)).toEqual([])
  }
  return target
}

const readAll = async (file: string, contract: Contract): Promise<Array<Record<string, unknown>>> => {
  const all: Array<Record<string, unknown>> = []
  for await (const batch of readParquet(file, contract)) all.push(...batch)
  return all
}

/** A file that DuckDB makes of a query, for what users bring. */
const userFile = async (query: string, target = fresh(), settings: ReadonlyArray<string> = []): Promise<string> => {
  const { DuckDBInstance } = await import("@duckdb/node-api")
  const instance = await DuckDBInstance.create(":memory:")
  const connection = await instance.connect()
  for (const setting of settings) await connection.run(setting)
  const encryption = settings.length > 0 ? ", ENCRYPTION_CONFIG {footer_key: 'k'}" : ""
  await connection.run(`COPY (${query}) TO '${target.replaceAll("'", "''")}' (FORMAT parquet${encryption})`)
  connection.closeSync()
  instance.closeSync()
  return target
}

/** Where the system tells; 0 elsewhere. */
const openFiles = (): number => (existsSync("/proc/self/fd") ? readdirSync("/proc/self/fd").length : 0)

const counted = (name: string): string => String.fromCharCode(name.length) + name

/** A Parquet file with another name for a column; its footer has each name behind its length, and its own length at the end. */
const renamed = (bytes: Buffer, from: string, to: string): Buffer => {
  const length = bytes.readUInt32LE(bytes.length - 8)
  const footer = bytes
    .subarray(-8 - length, -8)
    .toString("latin1")
    .replaceAll(counted(from), counted(to))
  const end = Buffer.from("    PAR1")
  end.writeUInt32LE(footer.length)
  return Buffer.concat([bytes.subarray(0, -8 - length), Buffer.from(footer, "latin1"), end])
}

const inUtc = (text: string): string => {
  const zoned = text.length === 10 || /(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`
  return new Date(zoned.replace(" ", "T")).toISOString()
}

/** What a JSON Lines dataset would read; keys that a row lacks are null, and times are in UTC that were timestamps when they were written. */
const asJsonl = (bytes: Uint8Array, contract: Contract, written = contract): Rows =>
  read("jsonl", bytes, contract).map((row) =>
    Object.fromEntries(
      contract.columns.map(({ name, type }) => {
        const value = Object.hasOwn(row, name) ? row[name] : null
        const stored = written.columns.find((candidate) => candidate.name === name)?.type
        const isTime = typeof value === "string" && (stored === "timestamp" || type === "timestamp")
        return [name, isTime ? inUtc(value) : value]
      }),
    ),
  )

/** Without those that a zone moves to before the year 0: no file of ours has them. */
const inRange = ({ rows }: Dataset): boolean =>
  rows.every((row) =>
    Object.values(row).every((value) => typeof value !== "string" || !/^0000-01-01[ T].*\+/.test(value)),
  )

const dataset = datasets(fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))).filter(
  inRange,
)

/** Without whole numbers that a column of integers couldn't hold: with no contract that is what they make. */
const settling = dataset.filter(({ rows }) =>
  rows.every((row) =>
    Object.values(row).every((value) => !Number.isInteger(value) || Math.abs(value as number) < 2 ** 63),
  ),
)

const entries = (rows: Rows) => rows.map((row) => Object.entries(row))

describe("what was written", () => {
  it("reads back as from JSON Lines, in one part and in two", async () => {
    await fc.assert(
      fc.asyncProperty(dataset, fc.nat(8), async ({ contract, rows }, cut) => {
        const whole = stage(rows, contract)
        const expected = asJsonl(whole.bytes, whole.contract)
        const file = await writeFile(whole)
        expect(entries(await readAll(file, whole.contract))).toEqual(entries(expected))
        expect(await checkParquet(file, whole.contract)).toBeNull()

        const first = stage(rows.slice(0, cut), contract)
        const second = stage(rows.slice(cut), first.contract)
        const beginning = await writeFile(first)
        const both = await writeFile(second, { file: beginning, contract: first.contract })
        expect(entries(await readAll(both, second.contract))).toEqual(entries(expected))
      }),
      { numRuns: RUNS },
    )
  })

  it("reads back as from JSON Lines where later rows widened the columns, took some away and added some", async () => {
    await fc.assert(
      fc.asyncProperty(settling, settling, async (before, after) => {
        const first = stage(before.rows)
        // The same columns with values of other types.
        const names = before.contract.columns.map(({ name }) => name)
        const renamed = after.rows.map((row) =>
          Object.fromEntries(Object.values(row).map((value, at) => [names[at] ?? `more${at}`, value])),
        )
        const second = stage(renamed, first.contract)
        const file = await writeFile(first)
        const both = await writeFile(second, { file, contract: first.contract })
        expect(entries(await readAll(both, second.contract))).toEqual(
          entries([
            ...asJsonl(first.bytes, second.contract, first.contract),
            ...asJsonl(second.bytes, second.contract, second.contract),
          ]),
        )
      }),
      { numRuns: RUNS },
    )
  })

  it("is the same bytes again, also behind other rows", async () => {
    const rows = Array.from({ length: 5000 }, (_, at) => ({
      id: at,
      name: `name ${at % 7}`,
      at: new Date(at),
      n: at / 7,
    }))
    const part = stage(rows)
    const one = await writeFile(part)
    expect(readFileSync(await writeFile(part)).equals(readFileSync(one))).toBe(true)
    const before = { file: one, contract: part.contract }
    expect(readFileSync(await writeFile(part, before)).equals(readFileSync(await writeFile(part, before)))).toBe(true)
  })

  it("keeps the order of rows over many row groups, and of the parts", async () => {
    const size = 300_000
    const lines = (from: number): Part => {
      const bytes = Buffer.from(Array.from({ length: size }, (_, at) => `{"id":${from + at}}\n`).join(""))
      return { bytes, contract: columns(column("id", "integer")) }
    }
    const file = await writeFile(lines(0))
    const contract = columns(column("id", "integer"))
    const both = await writeFile(lines(size), { file, contract })
    const widened = { ...lines(2 * size), contract: columns(column("id", "json")) }
    const all = await writeFile(widened, { file: both, contract })
    let next = 0
    for await (const batch of readParquet(all, widened.contract)) {
      for (const { id } of batch) if (id !== next++) throw new Error(`row ${next - 1} is ${String(id)}`)
    }
    expect(next).toBe(3 * size)
  })

  it("keeps columns without rows, a hundred of them, and any names and texts", async () => {
    const odd = ['a"b', "a'b", "a.b", " a b ", "__proto__", "constructor", "c0", "filename", "file_row_number", "ü\n"]
    const names = [...odd, ...Array.from({ length: 90 }, (_, at) => `column ${at}`)]
    const contract = { columns: names.map((name) => column(name, "string", true)) }
    const empty = await writeFile({ bytes: new Uint8Array(), contract })
    expect(await inferParquet(empty)).toMatchObject({ rows: 0, contract: null, issue: null })
    expect((await inferParquet(empty)).columns.map(({ name }) => name)).toEqual(names)
    expect(await checkParquet(empty, contract)).toBeNull()

    const texts = [
      "",
      "\0",
      "a\0b",
      "\ufeffx",
      "\ufeff\ufeff",
      "😀",
      "x".repeat(5_000_000),
      "é☃😀".repeat(100_000),
      "\r\n",
      null,
    ]
    const rows = texts.map((text) => Object.fromEntries(names.map((name, at) => [name, at < 10 ? text : null])))
    const part = stage(rows, contract)
    expect(entries(await readAll(await writeFile(part), part.contract))).toEqual(entries(rows))
  })

  it("holds timestamps in microseconds of UTC", async () => {
    const times = {
      "2024-01-01T00:00:00.1234567Z": "2024-01-01T00:00:00.123456Z",
      "1960-01-01T00:00:00.000000999Z": "1960-01-01T00:00:00.000Z",
      "1960-01-01T00:00:00.000001Z": "1960-01-01T00:00:00.000001Z",
      "2024-02-29 23:30-05:30": "2024-03-01T05:00:00.000Z",
      "0050-01-01T00:00": "0050-01-01T00:00:00.000Z",
      "9999-12-31T23:59:59.999999Z": "9999-12-31T23:59:59.999999Z",
      "2024-01-01": "2024-01-01T00:00:00.000Z",
    }
    const part = stage(Object.keys(times).map((at) => ({ at })))
    expect(part.contract.columns[0]!.type).toBe("timestamp")
    const read = await readAll(await writeFile(part), part.contract)
    expect(read.map(({ at }) => at)).toEqual(Object.values(times))
  })

  it("is refused with row and column where Parquet can't hold it", async () => {
    const refused = async (text: string, type: ColumnType) => {
      const part = { bytes: Buffer.from(`{"x":null}\n{"x":${text}}\n`), contract: columns(column("x", type)) }
      return await writeFile(part).catch((error: unknown) => error)
    }
    for (const [text, type] of [
      ["9223372036854775808", "integer"],
      ["-9223372036854775809", "integer"],
      ["1e400", "number"],
      [`1${"0".repeat(400)}`, "number"],
      ['"9999-12-31T23:59-00:01"', "timestamp"],
      ['"0000-01-01T00:00+00:01"', "timestamp"],
      ['"\\ud800"', "string"],
      ['["\\ud800"]', "json"],
      ["1", "unknown"],
      ["1", "string"],
      ['"1"', "integer"],
    ] as const) {
      expect(await refused(text, type)).toMatchObject({ _tag: "RowError", row: 1, column: "x" })
    }
    const edge = { bytes: Buffer.from('{"x":-9223372036854775808}\n'), contract: columns(column("x", "integer")) }
    expect(await readAll(await writeFile(edge), edge.contract)).toEqual([{ x: -9223372036854775808n }])
    expect(await writeFile({ bytes: Buffer.from("{}\n"), contract: columns() }).catch((e: unknown) => e)).toMatchObject(
      {
        _tag: "RowError",
        column: null,
      },
    )
  })

  it("is refused where the staged file is not JSON Lines", async () => {
    const part = { bytes: Buffer.from('{"x":1}\n{"x":'), contract: columns(column("x", "integer")) }
    expect(await writeFile(part).catch((error: unknown) => error)).toMatchObject({
      _tag: "MalformedFile",
      codec: "jsonl",
    })
  })
})

describe("a user's file", () => {
  const cells: ReadonlyArray<readonly [sql: string, type: ColumnType, value: unknown]> = [
    ["1::TINYINT", "integer", 1],
    ["18446744073709551615::UBIGINT", "integer", 18446744073709551615n],
    ["12345678901234567890123::DECIMAL(38,0)", "integer", 12345678901234567890123n],
    ["1.25::DECIMAL(5,2)", "number", 1.25],
    ["0.5::FLOAT", "number", 0.5],
    ["-0.0::DOUBLE", "number", 0],
    ["true", "boolean", true],
    ["DATE '2024-01-01'", "date", "2024-01-01"],
    ["TIMESTAMP '1969-12-31 23:59:59.999999'", "timestamp", "1969-12-31T23:59:59.999999Z"],
    ["TIMESTAMP_NS '1969-12-31 23:59:59.999999999'", "timestamp", "1969-12-31T23:59:59.999999Z"],
    ["TIMESTAMP_MS '2024-01-01 00:00:00.123'", "timestamp", "2024-01-01T00:00:00.123Z"],
    ["TIMESTAMPTZ '2024-01-01 00:00:00+05'", "timestamp", "2023-12-31T19:00:00.000Z"],
    ["chr(65279) || 'x'", "string", "\ufeffx"],
    ["'e4b5c8a2-0000-4000-8000-000000000001'::UUID", "string", "e4b5c8a2-0000-4000-8000-000000000001"],
    ["'a'::ENUM('a')", "string", "a"],
    ["TIME '12:34:56.5'", "string", "12:34:56.5"],
    ["INTERVAL '1 month 2 day'", "string", "1 month 2 days"],
    ["'\\xAA\\x00b'::BLOB", "string", "qgBi"],
    [`'{"a": [1, 12345678901234567890]}'::JSON`, "json", { a: [1, 12345678901234567890n] }],
    ["{x: 1, y: ['é', NULL]}", "json", { x: 1, y: ["é", null] }],
    ["[1, 2]", "json", [1, 2]],
    ["MAP {'k': 1.5::DOUBLE}", "json", { k: 1.5 }],
    ["NULL", "integer", null],
    ["NULL::DOUBLE", "number", null],
  ]
  const everything = `SELECT ${cells.map(([sql], at) => `${sql} AS f${at}`).join(", ")}`
  const values = Object.fromEntries(cells.map(([, , value], at) => [`f${at}`, value]))

  it("has its types inferred and its values read", async () => {
    const file = await userFile(everything)
    const { rows, contract, issue } = await inferParquet(file)
    expect({ rows, issue }).toEqual({ rows: 1, issue: null })
    expect(contract).toEqual({
      columns: cells.map(([, type, value], at) => column(`f${at}`, type, value === null)),
    })
    expect(await checkParquet(file, contract!)).toBeNull()
    expect(await readAll(file, contract!)).toEqual([values])
  })

  it("is not added to where that would make other values of its own", async () => {
    for (const [sql, told] of [
      ["18446744073709551615::UBIGINT", 'row 2 of the file, column "x" (UBIGINT) would not stay as it is'],
      ["12345678901234567890123::DECIMAL(38,0)", "expected an integer of at most 64 bits, got 12345678901234567890123"],
      ["12345678901234567.1234567890::DECIMAL(38,10)", "expected a decimal that a double holds"],
      ["TIMESTAMP_NS '2024-01-01 00:00:00.123456789'", "expected a timestamp of whole microseconds"],
      ["'\\xAA\\x00b'::BLOB", "expected text, not bytes, got \\xAA\\x00b"],
      ["repeat('x', 1000000)::BLOB", `got ${"x".repeat(60)}…`],
    ] as const) {
      const file = await userFile(`SELECT NULL AS x UNION ALL SELECT ${sql}`)
      const { contract } = await inferParquet(file)
      const error = await writeFile(stage([], contract), { file, contract }).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ _tag: "MalformedFile", codec: "parquet" })
      expect((error as Error).message).toContain(told)
      expect((error as Error).message.length).toBeLessThan(300)
    }
  })

  it("reads the same behind rows of ours", async () => {
    const file = await userFile(everything)
    const { contract } = await inferParquet(file)
    const kept =
      "5::UBIGINT AS f1, 6::DECIMAL(38, 0) AS f2, TIMESTAMP_NS '1969-12-31 23:59:59.999999' AS f9, NULL::BLOB AS f17"
    const narrow = await userFile(`SELECT * REPLACE (${kept}) FROM (${everything})`)
    const part = stage([{ f0: 2, f6: false }], contract)
    const both = await writeFile(part, { file: narrow, contract })
    const nulls = Object.fromEntries(Object.keys(values).map((name) => [name, null]))
    expect(await readAll(both, part.contract)).toEqual([
      { ...values, f1: 5, f2: 6, f17: null },
      { ...nulls, f0: 2, f6: false },
    ])
    const types = (await inferParquet(both)).contract!.columns.map(({ type }) => type)
    expect(types).toEqual(cells.map(([, type]) => type))
  })

  it("may have any name, and is read alone", async () => {
    for (const name of ["it's.parquet", "a*[b]?.parquet", "year=2024.parquet", "ü 😀.parquet"]) {
      const file = fresh(name)
      mkdirSync(path.join(path.dirname(file), "year=1"))
      // The second name is a pattern to DuckDB, and this is of it.
      writeFileSync(path.join(path.dirname(file), "axbx.parquet"), "another")
      await writeFile(stage([{ x: 1 }]), null, file)
      const { contract } = await inferParquet(file)
      expect(contract).toEqual(columns(column("x", "integer")))
      const more = stage([{ x: 2 }], contract)
      expect(await readAll(await writeFile(more, { file, contract }), contract!)).toEqual([{ x: 1 }, { x: 2 }])
    }
    const inside = path.join(path.dirname(fresh()), "month=5")
    mkdirSync(inside)
    const hive = await userFile("SELECT 1 AS x", path.join(inside, "part.parquet"))
    expect((await inferParquet(hive)).columns.map(({ name }) => name)).toEqual(["x"])
  })

  it.each([
    ["SELECT x FROM (VALUES (1.5::DOUBLE), ('nan')) t(x)", { row: 1, column: "x", expected: "a finite number" }],
    ["SELECT x FROM (VALUES (DATE '2024-01-01'), ('infinity')) t(x)", { row: 1, column: "x" }],
    ["SELECT x FROM (VALUES (TIMESTAMP '2024-01-01'), ('infinity')) t(x)", { row: 1, column: "x" }],
    ["SELECT x FROM (VALUES (TIMESTAMPTZ '12024-01-01 00:00:00+00'), (NULL)) t(x)", { row: 0, column: "x" }],
    ["SELECT x FROM (VALUES ([1.5::DOUBLE]), (['nan'::DOUBLE])) t(x)", { row: 1, column: "x", expected: "JSON" }],
  ])("%s has an issue", async (query, issue) => {
    const file = await userFile(query)
    expect(await inferParquet(file)).toMatchObject({ contract: null, issue })
  })

  it.each([
    ["Same", "column names that differ by more than case", 'also "same"'],
    ["same", "different column names", "the same name twice"],
    ["", "a column name", "an empty name"],
  ])("with a column %j besides has an issue", async (column, expected, got) => {
    const file = await userFile("SELECT 1 AS same, 2 AS other")
    writeFileSync(file, renamed(readFileSync(file), "other", column))
    const issue = { row: null, column, expected, got }
    expect(await inferParquet(file)).toMatchObject({ rows: 1, contract: null, issue })
  })

  it("is checked against its contract", async () => {
    const file = await userFile("SELECT 1 AS a, DATE '2024-01-01' AS b, NULL::VARCHAR AS c")
    const fits = async (...types: ReadonlyArray<ColumnType>) =>
      await checkParquet(file, { columns: types.map((type, at) => column("abcd"[at]!, type)) })
    expect(await fits("integer", "date", "boolean")).toBeNull()
    expect(await fits("number", "timestamp", "integer")).toBeNull()
    expect(await fits("json", "string", "unknown")).toBeNull()
    expect(await fits("string", "date", "string")).toMatchObject({ row: null, column: "a", expected: "string" })
    expect(await fits("integer", "date")).toMatchObject({ column: "c", got: "a new column" })
    expect(await fits("integer", "date", "string", "json")).toMatchObject({ column: "d", got: "none" })
    expect(
      await readAll(file, columns(column("b", "timestamp"), column("a", "number"), column("z", "string"))),
    ).toEqual([{ b: "2024-01-01T00:00:00.000Z", a: 1, z: null }])
  })

  it("that is none says so, and a disk's failure stays one", async () => {
    const whole = readFileSync(await userFile("SELECT range AS x, 'name ' || range AS y FROM range(10000)"))
    const broken = (bytes: Uint8Array | string): string => {
      const file = fresh()
      writeFileSync(file, bytes)
      return file
    }
    const encrypted = await userFile("SELECT 1 AS x", fresh(), [
      "SET force_mbedtls_unsafe = 'true'",
      "PRAGMA add_parquet_key('k', '0123456789112345')",
    ])
    const contract = columns(column("x", "integer"))
    const damaged = Buffer.from(whole)
    damaged.fill(0xff, whole.length - 60, whole.length - 20)
    const files = [
      broken("not parquet at all"),
      broken("x"),
      broken(whole.subarray(0, 5000)),
      broken(damaged),
      encrypted,
    ]
    for (const file of files) {
      for (const attempt of [
        () => inferParquet(file),
        () => checkParquet(file, contract),
        () => readAll(file, contract),
        () => writeFile(stage([{ x: 1 }], contract), { file, contract }),
      ]) {
        const error = await attempt().catch((thrown: unknown) => thrown)
        expect(error).toMatchObject({ _tag: "MalformedFile", codec: "parquet", offset: null })
        expect((error as Error).message).not.toContain(directory)
      }
    }
    expect(await inferParquet(broken(""))).toEqual({ rows: 0, columns: [], contract: null, issue: null })
    expect(await checkParquet(broken(""), contract)).toMatchObject({ column: "x", got: "none" })
    for (const attempt of [() => inferParquet(fresh()), () => readAll(fresh(), contract)]) {
      expect(await attempt().catch((error: unknown) => error)).toMatchObject({ code: "ENOENT" })
    }
    const nowhere = path.join(directory, "nowhere", "data.parquet")
    const error = await writeFile(stage([{ x: 1 }], contract), null, nowhere).catch((thrown: unknown) => thrown)
    expect(error).not.toHaveProperty("_tag")
    expect(String(error)).toContain("No such file or directory")
  })

  it("is let go when a reader stops early", async () => {
    const part = { bytes: Buffer.from('{"x":1}\n'.repeat(200_000)), contract: columns(column("x", "integer")) }
    const file = await writeFile(part)
    const start = openFiles()
    for (let round = 0; round < 20; round++) for await (const _ of readParquet(file, part.contract)) break
    expect(openFiles() - start).toBeLessThan(10)
    expect(await readAll(file, part.contract)).toHaveLength(200_000)
  })
})

it("DuckDB sees no file but those it was opened for, and can't be talked out of it", async () => {
  const seen = await userFile("SELECT 1 AS x")
  const unseen = await userFile("SELECT 1 AS x")
  const duckDb = await DuckDb.open({ files: [seen], temporary: null, mode: "read" })
  try {
    expect(await duckDb.rows(`FROM '${seen}'`)).toEqual([[1]])
    for (const sql of [
      `FROM '${unseen}'`,
      `COPY (SELECT 1) TO '${fresh()}'`,
      `ATTACH '${fresh("x.db")}'`,
      "FROM read_text('/etc/hosts')",
      "FROM 'https://127.0.0.1/x.parquet'",
      "INSTALL httpfs",
      "SET enable_external_access = true",
      `SET allowed_paths = ['${unseen}']`,
    ]) {
      await expect(duckDb.rows(sql), sql).rejects.toThrow(
        /disabled by configuration|locked|Missing Extension|not found/,
      )
    }
  } finally {
    duckDb.close()
  }
})

import { Buffer } from "node:buffer"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type CsvRecord, CsvReader, readCsvRecords } from "../../../src/layers/formats/csvReader.ts"
import { CsvScanner } from "../../../src/layers/formats/csvScanner.ts"
import { sniffCsv } from "../../../src/layers/formats/csvSniff.ts"
import { type TranscodeOptions, transcodeCsv } from "../../../src/layers/formats/csvTranscode.ts"
import { MalformedFile } from "../../../src/layers/formats/malformed.ts"
import { recordsOf } from "./writing.ts"

const cases: Array<[string, string, Array<CsvRecord>]> = [
  ["nothing", "", []],
  ["a byte order mark alone", "\ufeff", []],
  ["a mark before a quote", '\ufeff"a",b\n', [["a", "b"]]],
  [
    "LF",
    "a,b\n1,2\n",
    [
      ["a", "b"],
      ["1", "2"],
    ],
  ],
  [
    "CRLF",
    "a,b\r\n1,2\r\n",
    [
      ["a", "b"],
      ["1", "2"],
    ],
  ],
  [
    "CR",
    "a,b\r1,2\r",
    [
      ["a", "b"],
      ["1", "2"],
    ],
  ],
  [
    "no final newline",
    "a,b\n1,2",
    [
      ["a", "b"],
      ["1", "2"],
    ],
  ],
  [
    "a trailing comma at the end",
    "a,b\n1,",
    [
      ["a", "b"],
      ["1", null],
    ],
  ],
  [
    "nothing and the empty string",
    'a,b\n"",\n,""',
    [
      ["a", "b"],
      ["", null],
      [null, ""],
    ],
  ],
  [
    "quoted line breaks and doubled quotes",
    '"a\r\nb","say ""hi"""\n"""",x\n',
    [
      ["a\r\nb", 'say "hi"'],
      ['"', "x"],
    ],
  ],
  [
    "blank lines among several columns",
    "\n\na,b\n\n1,2\r\n\r\n",
    [
      ["a", "b"],
      ["1", "2"],
    ],
  ],
  ["blank lines in one column", "a\n\nx\r\n\r\n", [["a"], [null], ["x"], [null]]],
  ["a quote inside a bare field", 'a"b,c\n', [['a"b', "c"]]],
  ["ragged records", "a,b\n1\n1,2,3\n", [["a", "b"], ["1"], ["1", "2", "3"]]],
  [
    "characters of two to four bytes",
    "é,€\n😀,x\n",
    [
      ["é", "€"],
      ["😀", "x"],
    ],
  ],
  ["a quoted field at the end", 'a,"b"', [["a", "b"]]],
]

const malformed: Array<[string, Buffer, number | null, number]> = [
  ["a quote never closed", Buffer.from('a,b\n1,"2\n3,4\n'), 2, 6],
  ["text after a closing quote", Buffer.from('a,b\né,"2"x\n'), 2, 10],
  ["invalid UTF-8", Buffer.from([97, 44, 98, 10, 0xc3, 0x28, 10]), null, 4],
  ["a character cut off at the end", Buffer.from([97, 10, 0xe2, 0x82]), null, 2],
  ["an overlong character", Buffer.from([97, 10, 98, 0xe0, 0x80, 0x80, 97]), null, 3],
]

function scan(chunks: Array<Uint8Array>, columns: number | null = null) {
  const scanner = new CsvScanner(columns)
  for (const chunk of chunks) scanner.push(chunk)
  return scanner.end()
}

function readAll(chunks: Array<Uint8Array>) {
  const reader = new CsvReader()
  return [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()]
}

/** Every way to cut bytes in two, and all single bytes. */
function cuts(bytes: Uint8Array): Array<Array<Uint8Array>> {
  const pairs = Array.from({ length: bytes.length + 1 }, (_, at) => [bytes.slice(0, at), bytes.slice(at)])
  return [...pairs, Array.from(bytes, (byte) => Uint8Array.of(byte))]
}

const cell = (text: string | null) => (text === null ? "" : `"${text.replaceAll('"', '""')}"`)

const opinion = (run: () => Array<number>) => {
  try {
    return run()
  } catch (error) {
    return [error instanceof MalformedFile && error.problem === "not UTF-8" ? "encoding" : "structure"]
  }
}

async function* twoChunks() {
  yield Buffer.from("a,b\n1,")
  yield Buffer.from("2\n3,4")
}

describe("a CSV file with", () => {
  it.each(cases)("%s", (_, text, records) => {
    const bytes = Buffer.from(text)
    const fields = records.map((record) => record.length)
    const end = Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r")) + 1
    for (const chunks of cuts(bytes)) {
      expect(readAll(chunks)).toEqual(records)
      expect(scan(chunks)).toEqual({
        records: records.length,
        minFields: records.length === 0 ? 0 : Math.min(...fields),
        maxFields: Math.max(0, ...fields),
        bytes: bytes.length,
        recordEnd: Buffer.byteLength(text.slice(0, end)),
        finalNewline: records.length === 0 || end === text.length,
      })
    }
  })

  it.each(malformed)("%s is refused where it is", (_, bytes, record, offset) => {
    for (const chunks of cuts(bytes)) {
      for (const run of [() => readAll(chunks), () => scan(chunks)]) {
        try {
          run()
          expect.unreachable()
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedFile)
          expect(error).toMatchObject({ _tag: "MalformedFile", codec: "csv", record, offset })
        }
      }
    }
  })

  it("any fields reads as it was written, whatever the chunks", () => {
    const field = fc.option(fc.string({ unit: fc.constantFrom('"', ",", "\n", "\r", "a", "é", "😀") }))
    const rows = fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(rows, fc.constantFrom("\n", "\r\n", "\r"), fc.integer({ min: 1, max: 7 }), (records, eol, size) => {
        const bytes = Buffer.from(records.map((record) => record.map(cell).join(",") + eol).join(""))
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
          bytes.subarray(at * size, at * size + size),
        )
        expect(readAll(chunks)).toEqual(records)
        expect(scan(chunks)).toMatchObject({ records: records.length, minFields: 2, maxFields: 2 })
      }),
    )
  })

  it("any bytes gives reader and scanner the same opinion", () => {
    const bytes = fc.array(fc.constantFrom(34, 44, 10, 13, 97, 0xc3, 0xa9, 0xef, 0xbb, 0xbf), { maxLength: 14 })
    fc.assert(
      fc.property(bytes, (all) => {
        const chunk = Uint8Array.from(all)
        const read = opinion(() => {
          const fields = readAll([chunk]).map((record) => record.length)
          return [fields.length, Math.min(...fields, Infinity), Math.max(...fields, 0)]
        })
        const scanned = opinion(() => {
          const { records, minFields, maxFields } = scan([chunk])
          return [records, records === 0 ? Infinity : minFields, maxFields]
        })
        // With two faults, each may meet another one first.
        if (typeof read[0] !== "string" || typeof scanned[0] !== "string") expect(scanned).toEqual(read)
      }),
      { numRuns: 5000 },
    )
  })

  it("batches comes from an async source, too", async () => {
    const batches: Array<Array<CsvRecord>> = []
    for await (const batch of readCsvRecords(twoChunks())) batches.push(batch)
    expect(batches).toEqual([[["a", "b"]], [["1", "2"]], [["3", "4"]]])
  })

  it("a segment of one column has null rows from its first line on", () => {
    expect(recordsOf(Buffer.from("\nx\n"), 1)).toEqual([[null], ["x"]])
    expect(scan([Buffer.from("\nx\n")], 1)).toMatchObject({ records: 2 })
  })
})

async function transcode(
  text: string,
  from: Array<string>,
  to: Array<string>,
  options: Partial<TranscodeOptions> = {},
) {
  const results = new Set<string>()
  const bytes = Buffer.from(text)
  for (const chunks of cuts(bytes)) {
    const out: Array<Uint8Array> = []
    const all = { eol: "\n", inputHeader: true, outputHeader: true, ...options } as const
    for await (const chunk of transcodeCsv(chunks, from, to, all)) out.push(chunk)
    results.add(Buffer.concat(out).toString())
  }
  expect(results.size).toBe(1)
  return [...results][0]
}

describe("a transcode", () => {
  it("reorders and pads raw fields without touching them", async () => {
    const text = 'a,b\r\n"x ""1""\r\n",\r\n\r\n,""\r\n1\r\né,2'
    expect(await transcode(text, ["a", "b"], ["b", "new,", "a"])).toBe('b,"new,",a\n,,"x ""1""\r\n"\n"",,\n,,1\n2,,é\n')
  })

  it("does without headers, with CRLF, and drops a byte order mark", async () => {
    expect(
      await transcode("\ufeff1,2\n", ["a", "b"], ["b", "a"], { inputHeader: false, outputHeader: false, eol: "\r\n" }),
    ).toBe("2,1\r\n")
    expect(await transcode("", ["a"], ["a", "b"], { inputHeader: false })).toBe("a,b\n")
  })

  it("keeps null rows of one column", async () => {
    expect(await transcode("a\n\nx\n", ["a"], ["a"])).toBe("a\n\nx\n")
    expect(await transcode("a\r\n\r\nx\r\n", ["a"], ["a"])).toBe("a\n\nx\n")
    expect(await transcode("a\n\nx\n1,2\n", ["a", "b"], ["a", "b"], { shortest: 1 })).toBe("a,b\n,\nx,\n1,2\n")
  })

  it("refuses records that are longer than their columns, and what isn't CSV", async () => {
    await expect(transcode("a\n1,2\n", ["a"], ["a"])).rejects.toMatchObject({ record: 2, offset: 2 })
    await expect(transcode('a\n"1', ["a"], ["a"])).rejects.toMatchObject({ record: 2, offset: 2 })
    await expect(transcode('a\n"1"2\n', ["a"], ["a"])).rejects.toMatchObject({ record: 2, offset: 5 })
  })

  it("there and back gives the same fields", async () => {
    const field = fc.option(fc.string({ unit: fc.constantFrom('"', ",", "\n", "a", "é") }))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(field, field, field), { minLength: 1, maxLength: 4 }), async (records) => {
        const text = records.map((record) => record.map(cell).join(",") + "\n").join("")
        const none = { inputHeader: false, outputHeader: false }
        const there = await transcode(text, ["a", "b", "c"], ["c", "a", "b"], none)
        expect(await transcode(there!, ["c", "a", "b"], ["a", "b", "c"], none)).toBe(text)
      }),
      { numRuns: 30 },
    )
  })
})

describe("a file's habits", () => {
  it.each([
    ["", { bom: false, eol: "\n", header: null, headerEnd: 0, finalNewline: true }],
    ["\ufeff", { bom: true, eol: "\n", header: null, headerEnd: 3, finalNewline: false }],
    ["a,b", { bom: false, eol: "\n", header: ["a", "b"], headerEnd: 3, finalNewline: false }],
    [
      '\ufeffa,"b\r\nc"\r\n1,2',
      { bom: true, eol: "\r\n", header: ["a", "b\r\nc"], headerEnd: 13, finalNewline: false },
    ],
    ["\na,\n1,2\n", { bom: false, eol: "\n", header: ["a", ""], headerEnd: 4, finalNewline: true }],
    ['a"b,"c""\n"\r\n1,2\r\n', { bom: false, eol: "\r\n", header: ['a"b', 'c"\n'], headerEnd: 12, finalNewline: true }],
    ['a""b,c\r\n"1",2\r\n', { bom: false, eol: "\r\n", header: ['a""b', "c"], headerEnd: 8, finalNewline: true }],
    ["a\r1\r", { bom: false, eol: "\r", header: ["a"], headerEnd: 2, finalNewline: true }],
  ] as const)("%j", (text, habits) => {
    const bytes = Buffer.from(text)
    expect(sniffCsv(bytes, bytes.subarray(-1))).toEqual(habits)
  })
})

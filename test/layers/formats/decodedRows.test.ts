import { Buffer } from "node:buffer"
import { expect, it } from "vitest"
import type { Contract } from "../../../src/services/domain/Contract.ts"
import { csvRows, type DecodedRows, jsonlRows } from "../../../src/layers/formats/decodedRows.ts"

const contract: Contract = {
  columns: [
    { name: "id", type: "integer", optional: false },
    { name: "__proto__", type: "string", optional: true },
  ],
}
const chunked = (text: string, size: number): ReadonlyArray<Uint8Array> =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, at) => Buffer.from(text.slice(at * size, (at + 1) * size)))

const all = async (rows: DecodedRows): Promise<ReadonlyArray<unknown>> => (await Array.fromAsync(rows)).flat()
const row = (id: number, text: string | null) => Object.fromEntries(Object.entries({ id, ["__proto__"]: text }))

it("rows come in the contract's order, with what they lack as null, however the bytes are cut", async () => {
  for (const size of [1, 3, 1_000]) {
    const csv = await all(csvRows(contract, chunked('__proto__,id\nx,1\n,2\n"",3', size)))
    expect(csv).toEqual([row(1, "x"), row(2, null), row(3, "")])
    const jsonl = await all(
      jsonlRows(contract, chunked('{"__proto__":"x","id":1}\n{"id":2}\n\n{"id":3,"__proto__":""}', size)),
    )
    expect(jsonl).toEqual(csv)
    for (const one of [...csv, ...jsonl]) expect(Object.keys(one as object)).toEqual(["id", "__proto__"])
  }
})

it("nothing comes of a header alone, or of no bytes", async () => {
  expect(await all(csvRows(contract, [Buffer.from("id,__proto__\n")]))).toEqual([])
  expect(await all(csvRows(contract, []))).toEqual([])
  expect(await all(jsonlRows(contract, []))).toEqual([])
})

it("the first cell that doesn't fit is told, and is the last that comes", async () => {
  for (const size of [4, 1_000]) {
    for (const [rows, issue] of [
      [
        csvRows(contract, chunked("id,__proto__\n1,x\ny,x\n3,x\n", size)),
        { row: 1, column: "id", expected: "integer" },
      ],
      [csvRows(contract, chunked("id,__proto__\n1,x\n2\n3,x\n", size)), { row: 1, column: null, got: "1 fields" }],
      [jsonlRows(contract, chunked('{"id":1}\n{"id":"y"}\n{"id":3}\n', size)), { row: 1, column: "id" }],
      [jsonlRows(contract, chunked('{"id":1}\n{"id":2,"z":1}\n{"id":3}\n', size)), { row: 1, column: "z" }],
    ] as const) {
      expect((await all(rows)).at(-1)).toMatchObject(issue)
    }
  }
})

it("bytes that are none of the format fail", async () => {
  await expect(all(csvRows(contract, [Buffer.from('id,__proto__\n1,"x')]))).rejects.toThrow("never closed")
  await expect(all(jsonlRows(contract, [Buffer.from('{"id":1}\n{"id"')]))).rejects.toThrow("line 2")
})

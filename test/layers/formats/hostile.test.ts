import { describe, expect, it } from "vitest"
import { CsvScanner } from "../../../src/layers/formats/csvScanner.ts"
import { JsonlScanner } from "../../../src/layers/formats/jsonlScanner.ts"
import type { Codec, Contract } from "../../../src/services/domain/Contract.ts"
import { RowError } from "../../../src/layers/formats/rowError.ts"
import { read, write, writerTo } from "./writing.ts"

const cyclic: Record<string, unknown> = {}
cyclic.self = cyclic
const wide: Array<unknown> = []
wide.push(wide, wide)
let deep: unknown = 1
for (let level = 0; level < 101; level++) deep = [deep]
class Money {
  amount = 1
  toJSON() {
    return "1 EUR"
  }
}

const hostile: Array<[string, unknown, string | null, string]> = [
  ["NaN", { a: NaN }, "a", "expected a finite number, got NaN"],
  ["Infinity", { a: -Infinity }, "a", "got -Infinity"],
  ["a function", { a: () => 1 }, "a", "got a function"],
  ["a symbol", { a: Symbol("x") }, "a", "got a symbol"],
  ["a lone surrogate", { a: "x\ud800" }, "a", "got a lone surrogate"],
  ["a long text with a lone surrogate", { a: "x".repeat(500) + "\udc00y" }, "a", "got a lone surrogate"],
  ["an invalid Date", { a: new Date(NaN) }, "a", "got an invalid Date"],
  ["a Date of the year 10000", { a: new Date(Date.UTC(10_000, 0)) }, "a", "in the years 0 to 9999"],
  ["a cycle", { a: cyclic }, "a", "cyclic"],
  ["a branching cycle", { a: wide }, "a", "cyclic"],
  ["101 levels", { a: deep }, "a", "at most 100 levels"],
  [
    "an integer without end",
    { a: -(10n ** 2000n) },
    "a",
    "expected an integer of at most 2,000 digits, got one of 2001",
  ],
  ["a nested integer without end", { a: [10n ** 2000n] }, "a", "expected an integer of at most 2,000 digits"],
  ["a nested NaN", { a: { b: [NaN] } }, "a", "got NaN"],
  ["a nested function", { a: { b: [() => 1] } }, "a", "got a function inside a nested value"],
  ["a nested lone surrogate", { a: ["\ud800"] }, "a", "got a lone surrogate"],
  ["a nested lone surrogate in a key", { a: { "\ud800": 1 } }, "a", "got a lone surrogate"],
  ["a Map", { a: new Map([[1, 2]]) }, "a", "got an object of type Map"],
  ["a nested Set", { a: { b: new Set([1]) } }, "a", "got an object of type Set"],
  ["a URL", { a: new URL("http://a.b") }, "a", "got an object of type URL"],
  ["a typed array", { a: new Uint8Array(2) }, "a", "got an object of type Uint8Array"],
  ["an object that converts itself", { a: new Money() }, "a", "with a toJSON method"],
  ["a symbol key", { a: 1, [Symbol("s")]: 1 }, null, "got a symbol as a key"],
  ["a nested symbol key", { a: { [Symbol("s")]: 1 } }, "a", "got a symbol as a key"],
  ["an array", [1], null, "expected an object of columns, got an array"],
  ["null", null, null, "got null"],
  ["text", "row", null, 'got "row"'],
  ["a Map as row", new Map([["a", 1]]), null, "got an object of type Map"],
  ["a Date as row", new Date(), null, "got an object of type Date"],
  ["an instance without properties", Object.create({ inherited: 1 }), null, "got an object without any"],
  ["bytes as row", new Uint8Array(3), null, "got an object of type Uint8Array"],
  ["columns equal but for case", { Id: 1, id: 2 }, "id", 'differ by more than case, got also "Id"'],
  ["an empty name", { "": 1 }, "", "got an empty name"],
  ["a NUL in a name", { "a\0": 1 }, "a\0", "without NUL"],
  ["a lone surrogate in a name", { "\ud800": 1 }, "\ud800", "well-formed column name"],
  // Secrets are taken out of messages by what they are: of a half of one nobody would know.
  [
    "a text that is cut within a word",
    `{"a": 1, "token": "${"s3cret".repeat(20)}"}`,
    null,
    'got "{\\"a\\": 1, \\"token\\":…"',
  ],
  ["a long word", "s3cret".repeat(20), null, "got a text of 120 characters"],
  [
    "a getter that throws at length",
    {
      get a() {
        throw new Error(`${"oh ".repeat(60)}${"s3cret".repeat(20)}`)
      },
    },
    "a",
    `got a throw: ${"oh ".repeat(60).trimEnd()}…`,
  ],
  [
    "a getter that throws",
    {
      get a() {
        throw new Error("boom")
      },
    },
    "a",
    "got a throw: boom",
  ],
  [
    "a getter that throws a proxy",
    {
      get a() {
        throw new Proxy(
          {},
          {
            getPrototypeOf: () => {
              throw 1
            },
            get: () => {
              throw 2
            },
          },
        )
      },
    },
    "a",
    "a throw",
  ],
  [
    "a proxy that throws",
    new Proxy(
      {},
      {
        ownKeys: () => {
          throw new TypeError("no keys")
        },
      },
    ),
    null,
    "got a throw: no keys",
  ],
  ["a revoked proxy", revoked(), null, "a throw"],
]

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

describe.each(["csv", "jsonl"] satisfies Array<Codec>)("a row that %s cannot hold", (codec) => {
  it.each(hostile)("%s", (_, row, column, message) => {
    let error: unknown
    try {
      write([{ z: 1 }, row], { codec })
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(RowError)
    expect(error).toMatchObject({ _tag: "RowError", row: 1, column })
    expect((error as RowError).message).toContain(message)
    expect((error as RowError).message).toContain("Row 2")
  })

  it("differs from the contract by case only", () => {
    const contract: Contract = { columns: [{ name: "id", type: "integer", optional: true }] }
    expect(() => write([{ ID: 1 }], { codec, contract, onDrift: "evolve" })).toThrow('also "id"')
  })

  it("stops the writer for good", () => {
    const writer = writerTo({ write: () => {} }, { codec })
    writer.row({ a: 1 })
    expect(() => writer.row({ a: NaN })).toThrow("Row 2")
    expect(() => writer.row({ a: 2 })).toThrow("Row 2")
    expect(() => writer.finish()).toThrow("Row 2")
  })

  it("isn't one with a proxy, a class instance, a null prototype or an accessor", () => {
    class Person {
      name = "a"
    }
    const rows = [
      new Proxy({ name: "p" }, {}),
      new Person(),
      Object.assign(Object.create(null) as object, { name: "n" }),
      {
        get name() {
          return "g"
        },
      },
    ]
    const { bytes, report } = write(rows, { codec })
    expect(read(codec, bytes, report.contract).map((row) => row.name)).toEqual(["p", "a", "n", "g"])
  })

  it("lets an error of the sink through as it is", () => {
    const full = new Error("ENOSPC")
    const sink = {
      write: () => {
        throw full
      },
    }
    const writer = writerTo(sink, { codec })
    writer.row({ a: 1 })
    expect(() => writer.finish()).toThrow(full)
  })
})

const evil = () => {
  throw new Error("sabotage")
}

/** Runs with builtins replaced as a hostile connector would, and puts them back. */
function sabotaged<A>(run: () => A): A {
  const targets: Array<[object, Array<PropertyKey>]> = [
    [JSON, ["stringify", "parse"]],
    [
      Array.prototype,
      ["push", "map", "join", "slice", "indexOf", "includes", "forEach", "concat", Symbol.iterator, "toJSON"],
    ],
    [Object.prototype, ["toJSON", "toString", "propertyIsEnumerable", "hasOwnProperty"]],
    [Object, ["keys", "entries", "getOwnPropertySymbols", "getPrototypeOf", "defineProperty"]],
    [Reflect, ["apply", "ownKeys", "getPrototypeOf", "defineProperty"]],
    [
      String.prototype,
      [
        "charCodeAt",
        "replace",
        "replaceAll",
        "slice",
        "indexOf",
        "isWellFormed",
        "toLowerCase",
        "includes",
        "toString",
        "toJSON",
      ],
    ],
    [Number, ["isInteger", "isFinite"]],
    [Number.prototype, ["toString", "toJSON"]],
    [BigInt.prototype, ["toString", "toJSON"]],
    [Math, ["floor"]],
    [RegExp.prototype, ["exec", "test", Symbol.replace, Symbol.match]],
    [Map.prototype, ["get", "set", "has"]],
    [Set.prototype, ["add", "has"]],
    [Date.prototype, ["toISOString", "getTime", "toJSON", Symbol.toPrimitive]],
    [Function.prototype, ["call", "apply", "bind"]],
    [globalThis, ["Map", "Array", "BigInt", "String"]],
  ]
  const saved = targets.flatMap(([target, keys]) =>
    keys.map((key) => [target, key, Object.getOwnPropertyDescriptor(target, key)] as const),
  )
  const define = Object.defineProperty
  const count = saved.length
  try {
    for (let at = 0; at < count; at++)
      define(saved[at]![0], saved[at]![1], { value: evil, configurable: true, writable: true, enumerable: false })
    return run()
  } finally {
    for (let at = 0; at < count; at++) {
      const target = saved[at]![0]
      const key = saved[at]![1]
      const old = saved[at]![2]
      if (old === undefined) delete (target as Record<PropertyKey, unknown>)[key]
      else define(target, key, old)
    }
  }
}

describe("replaced builtins", () => {
  const rows = [
    {
      id: 1,
      text: 'a "b", c\n😀',
      at: new Date(0),
      big: 10n ** 20n,
      far: 1e21,
      nested: { a: [1, { b: 'x"' }], d: new Date(0) },
      flag: true,
      none: null,
    },
    {
      id: 2.5,
      text: "x".repeat(300) + "\u2028",
      at: new Date(1),
      big: 1n,
      far: 1,
      nested: { a: [] },
      flag: false,
      late: "y",
    },
  ]
  it.each(["csv", "jsonl"] satisfies Array<Codec>)("change nothing in %s", (codec) => {
    const honest = write(rows, { codec })
    const chunks: Array<Uint8Array> = [new Uint8Array(0), new Uint8Array(0)]
    let used = 0
    const sink = {
      write: (bytes: Uint8Array) => {
        chunks[used++] = bytes
      },
    }
    const report = sabotaged(() => {
      const writer = writerTo(sink, { codec })
      writer.row(rows[0])
      writer.row(rows[1])
      return writer.finish()
    })
    expect(Buffer.concat(chunks).toString()).toBe(honest.text)
    expect(report).toEqual(honest.report)
  })

  it("don't keep a bad row from being named", () => {
    const opaque = new Map()
    const error = sabotaged(() => {
      try {
        const writer = writerTo({ write: () => {} })
        writer.row({ a: opaque })
        return null
      } catch (thrown) {
        return thrown
      }
    })
    expect(error).toMatchObject({ _tag: "RowError", row: 0, column: "a", got: "an object of type Map" })
  })
})

const csv = (record: Buffer) => {
  const scanner = new CsvScanner()
  for (const chunk of [Buffer.from("a\n"), record, Buffer.from("\n1\n")]) scanner.push(chunk)
  return scanner.end().records
}

const jsonl = (value: Buffer) => {
  const scanner = new JsonlScanner()
  for (const chunk of [Buffer.from('{}\n{"a":"'), value, Buffer.from('"}\n')]) scanner.push(chunk)
  return scanner.end().rows
}

describe("a row of more than 64 MiB", () => {
  const most = 64 * 1024 * 1024
  const text = "é".repeat(most / 2)

  it.each(["csv", "jsonl"] as const)("is refused in %s, as no reader would take it", (codec) => {
    const writer = writerTo({ write: () => {} }, { codec })
    expect(() => writer.row({ a: text })).toThrow("Row 1: expected a row of at most 64 MiB, got a longer one")
    expect(() => writer.row({ a: 1 })).toThrow("Row 1")
  })

  it("is refused when it is staged, too", () => {
    const bytes = Buffer.from(text)
    expect(csv(bytes.subarray(0, most - 2))).toBe(3)
    expect(() => csv(bytes)).toThrow("csv at record 2, byte 2: a record of more than 64 MiB")
    expect(jsonl(bytes.subarray(0, most - 10))).toBe(2)
    expect(() => jsonl(bytes)).toThrow("jsonl at line 2, byte 3: a line of more than 64 MiB")
  })
})

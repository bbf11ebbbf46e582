import { assert, describe, it } from "@effect/vitest"
import { type Freed, type Hostile, hostileHost } from "../../fixtures/hostile.ts"

const rowError = (words: RegExp) => ({ tag: "RowError", words })
const failed = (words: RegExp) => ({ tag: "ConnectorFailed", words })
const forged = { tag: "ConnectorCrashed", words: /sent what a connector cannot send/ }
const reading = { grant: { read: ["granted"] } }

/** Whoever writes rows as everybody does writes others in their place, and ours are as they were given. */
const poisoned = (poison: string, more: Partial<Hostile> = {}): Hostile => ({
  code: `${poison}
      let naively = "threw"
      try {
        for (const row of [{ id: 2 }].map((one) => one)) naively = JSON.stringify(row)
        if (Object.keys({ id: 2 })[0] !== "id") naively = "by other keys"
        if (new Map([["a", 1]]).get("a") !== 1 || Object.assign({}, { id: 2 }).id !== 2) naively = "otherwise"
        if (Buffer.from("a").toString() !== "a" || typeof (await Promise.resolve({}).then((it) => it)) !== "object") naively = "otherwise"
      } catch {}
      if (naively !== '{"id":2}') ctx.log("naively: " + naively)
      await ctx.insert("rows", [{ id: 2 }])
      return "done"`,
  tag: null,
  rows: '{"id":1}\n{"id":2}\n',
  free: ({ log, answers }) => assert.match(log, /^naively: /m, answers),
  ...more,
})

/** A writer of JSON takes such a row in silence: something else is in the file, or nothing. */
const row = (value: string, words: RegExp, tag = "RowError"): Hostile => ({
  code: `const row = ${value}
      try { ctx.log("naively: " + JSON.stringify(row)) } catch { ctx.log("naively: not at all") }
      await ctx.insert("rows", [{ id: 2 }, row])
      return "done"`,
  tag,
  words,
  free: ({ log }) => assert.match(log, /^naively: (?!\{"id":3\}$)/m),
})

/** Where names are looked up in objects, it is there. */
const inEveryObject = (name: string): Hostile => ({
  code: `if (({})[${JSON.stringify(name)}] !== undefined) ctx.log("naively: it is an output")
      await ctx.insert(${JSON.stringify(name)}, [{ id: 2 }])
      return "done"`,
  tag: "UnknownOutput",
  words: new RegExp(name),
  free: ({ log }: Freed) => assert.include(log, "naively"),
})

const cases: Readonly<Record<string, Hostile>> = {
  "garbage on the channel": {
    code: `(await load("node:fs")).writeSync(3, "garbage\\n")\n      return new Promise(() => {})`,
    ...forged,
    ...reading,
    free: ({ answers }) => assert.include(answers, "garbage"),
  },
  "an answer of its own on the channel": {
    code: `const { writeSync } = await load("node:fs")
      writeSync(3, JSON.stringify({ type: "synced", outputs: [{ output: "sound" }], state: "{}", requests: 0 }) + "\\n")
      return new Promise(() => {})`,
    ...forged,
    ...reading,
    free: ({ answers }) => assert.include(answers, `"sound"`),
  },
  "rows past the writer, on descriptors 5 to 10": {
    code: `const { writeSync } = await load("node:fs")
      for (let fd = 5; fd <= 10; fd++) try { writeSync(fd, '{"id":666}\\n') } catch {}
      return "done"`,
    tag: null,
    ...reading,
    free: ({ rows }) => assert.include(rows, "666"),
  },
  "rows past the writer, among others": {
    code: `const { writeSync } = await load("node:fs")
      await ctx.insert("rows", [{ id: 2 }])
      writeSync(5, '{"id":666}\\n')
      return "done"`,
    tag: "StagingCorrupt",
    words: /1 rows were reported, 2 are there/,
    ...reading,
    free: ({ rows }) => assert.include(rows, "666"),
  },
  "taking rows back": {
    code: `const { ftruncateSync } = await load("node:fs")
      await ctx.insert("rows", Array.from({ length: 9999 }, (_, id) => ({ id })))
      ftruncateSync(5, 0)
      return "done"`,
    tag: "StagingCorrupt",
    words: /9999 rows were reported/,
    ...reading,
    free: ({ rows }) => assert.notInclude(rows, '{"id":0}'),
  },
  "closing every descriptor": {
    code: `const { closeSync } = await load("node:fs")
      for (const fd of [4, 5, 6]) try { closeSync(fd) } catch {}
      await ctx.insert("rows", [{ id: 2 }])
      return "done"`,
    ...failed(/cannot be written: EBADF/),
    ...reading,
    free: ({ answers }) => assert.include(answers, "EBADF"),
  },

  "JSON.stringify replaced": poisoned(`JSON.stringify = () => '{"id":666}'`),
  "toJSON of every object": poisoned(`Object.prototype.toJSON = () => ({ id: 666 })`),
  "the iterator of lists": poisoned(`Array.prototype[Symbol.iterator] = function* () { yield { id: 666 } }`),
  "map of lists": poisoned(`Array.prototype.map = () => [{ id: 666 }]`),
  "Object.keys": poisoned(`Object.keys = () => ["x"]`),
  "get of maps": poisoned(`Map.prototype.get = () => 666`),
  "Buffer.from": poisoned(`Buffer.from = () => ({ length: 3, toString: () => "666" })`),
  "then of promises": poisoned(`Promise.prototype.then = () => 666`),
  "push and setters of lists": poisoned(
    `Array.prototype.push = () => 666\n      Object.defineProperty(Array.prototype, 0, { set() {}, get: () => ({ id: 666 }), configurable: true })\n      JSON.stringify = () => "666"`,
  ),
  texts: poisoned(`String.prototype.slice = String.prototype.charCodeAt = () => "6"; JSON.stringify = () => "666"`),
  "clocks and timers": poisoned(
    `globalThis.setTimeout = globalThis.setImmediate = Date.now = () => 666; JSON.stringify = () => "666"`,
  ),
  "then of every object": poisoned(
    `Object.prototype.then = function (done) { delete Object.prototype.then; done({ type: "synced", outputs: [], state: "{}" }) }\n      JSON.stringify = () => "666"`,
  ),
  "then of every object, for ever": poisoned(
    `Object.prototype.then = function (done) { done(666) }; JSON.stringify = () => "666"`,
    {
      tag: "ConnectorCrashed",
      rows: '{"id":1}\n',
      free: () => {},
    },
  ),
  "the type of every object": poisoned(
    `Object.prototype.type = "synced"; Object.prototype.why = "threw"; JSON.stringify = () => "666"`,
  ),

  "an output that every object has: __proto__": inEveryObject("__proto__"),
  "an output that every object has: toString": inEveryObject("toString"),
  "an output that every object has: constructor": inEveryObject("constructor"),
  "a column __proto__": {
    code: `const row = JSON.parse('{"id":2,"__proto__":{"polluted":true}}')
      const copy: any = {}
      for (const name in row) copy[name] = row[name]
      if (copy.polluted) ctx.log("naively: polluted")
      await ctx.insert("rows", [row])
      return "done"`,
    tag: "SchemaDrift",
    words: /__proto__/,
    free: ({ log }) => assert.include(log, "polluted"),
  },
  "columns toString and constructor": {
    code: `const row = { id: 2, toString: "x", constructor: 1, hasOwnProperty: true }
      try { String(row) } catch { ctx.log("naively: no text") }
      await ctx.insert("rows", [row])
      return "done"`,
    tag: "SchemaDrift",
    words: /toString.*constructor.*hasOwnProperty/,
    free: ({ log }) => assert.include(log, "no text"),
  },
  "a cursor with __proto__": {
    code: `ctx.state = JSON.parse('{"__proto__":{"polluted":true},"n":1}')
      if (Object.assign({}, ctx.state).polluted) ctx.log("naively: polluted")
      throw new Error("kept out")`,
    ...failed(/kept out/),
    free: ({ log }) => assert.include(log, "polluted"),
  },

  // What it shows of itself is the row.
  "a proxy": {
    ...row(`new Proxy({ id: 5 }, { get: (_, name) => (name === "id" ? 4 : undefined) })`, /^/),
    tag: null,
    rows: '{"id":1}\n{"id":2}\n{"id":4}\n',
  },
  "a proxy whose keys throw": row(
    `new Proxy({}, { ownKeys() { throw new Error("no keys") } })`,
    /got a throw: no keys/,
  ),
  "a revoked proxy": row(`(() => { const it = Proxy.revocable({}, {}); it.revoke(); return it.proxy })()`, /revoked/),
  "a getter that throws": row(`{ get id() { throw new Error("no id") } }`, /got a throw: no id/),
  "a cycle": row(`(() => { const it: any = { id: 3 }; it.id = [it]; return it })()`, /cyclic/),
  NaN: row(`{ id: NaN }`, /got NaN/),
  "a symbol": row(`{ id: Symbol("x") }`, /got a symbol/),
  "a key that is a symbol": row(`{ id: 4, [Symbol("x")]: 1 }`, /symbol as a key/),
  "a function": row(`{ id: () => 1 }`, /got a function/),
  "an object that converts itself": row(`{ id: { toJSON: () => 7 } }`, /function|toJSON/),
  nothing: row(`undefined`, /got undefined/),
  "a list": row(`[1, 2]`, /got an array/),
  "a hole": {
    code: `const rows = [{ id: 2 }, , { id: 3 }]
      ctx.log("naively: " + rows.map((row) => JSON.stringify(row)).join())
      await ctx.insert("rows", rows)
      return "done"`,
    ...rowError(/row 2 .*got undefined/),
    free: ({ log }) => assert.include(log, ",,"),
  },
  "half of a character": row(`{ id: "\\ud800" }`, /lone surrogate/),
  "rows that are no rows": {
    code: `ctx.log("naively: " + JSON.stringify({ length: 1, 0: { id: 2 } }))
      await ctx.insert("rows", { length: 1, 0: { id: 2 } })
      return "done"`,
    ...failed(/takes an array, an iterable or an async iterable/),
    free: ({ log }) => assert.include(log, "naively"),
  },
  "an iterator that lies": {
    code: `let asked = 0
      await ctx.insert("rows", { [Symbol.iterator]: () => ({ next: () => (asked++ === 0 ? { value: { id: 2 }, done: false } : 7) }) })
      return "done"`,
    ...failed(/not an object/),
    free: ({ answers }) => assert.include(answers, "not an object"),
  },
}

describe.concurrent("whatever a connector writes, datasets hold what was checked:", () => {
  const check = hostileHost(cases)
  for (const name of Object.keys(cases)) it.live(name, () => check(name))
})

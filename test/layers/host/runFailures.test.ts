import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { openSync } from "node:fs"
import { failing, succeeding, syncing } from "../../fixtures/guest.ts"
import { placeOf } from "../../fixtures/journey.ts"

const entry = "connectors/one/index.ts"

/** A sync that fails with the connector's own error, at the place of this part of it. */
const failsAt = Effect.fnUntraced(function* (body: string, part: string, message: RegExp) {
  const source = syncing(body)
  const { error } = yield* failing(source)
  assert.deepInclude(error, {
    _tag: "ConnectorFailed",
    connector: "one",
    file: entry,
    line: placeOf(source, part).line,
  })
  assert.match(error.message, message)
})

describe.concurrent("a sync that fails", () => {
  it.live("throws: at its place", () => failsAt(`    throw new Error("not my day")`, "new Error", /failed: not my day/))

  it.live("throws in a helper file, below zod: at its place", () =>
    Effect.gen(function* () {
      const helper = `import { z } from "zod"\n\nexport const days = async () => {\n  await null\n  return z.toJSONSchema(z.date())\n}\n`
      const source = syncing(`    await days()`, "", `import { days } from "./helper"\n`)
      const { error } = yield* failing(source, { files: { "connectors/one/helper.ts": helper } })
      const place = placeOf(helper, "toJSONSchema(")
      assert.deepInclude(error, { _tag: "ConnectorFailed", file: "connectors/one/helper.ts", ...place })
      assert.match(error.message, /Date cannot be represented/)
    }),
  )

  it.live("says why a request failed", () =>
    failsAt(`    await fetch("http://127.0.0.1:1/x")`, "await fetch", /fetch failed.*: (bad port|.*ECONNREFUSED)/),
  )

  for (const request of [`url`, `new URL(url)`, `new Request(url)`]) {
    it.live(`says to which origin a request failed, and neither its path nor its query: ${request}`, () =>
      failsAt(
        `    const url = "http://127.0.0.1:1/secret?key=secret"\n    await fetch(${request.replace("url", 'url.replace("me:pass@", "")')})`,
        "await fetch",
        /^(?!.*secret).*fetch failed \(http:\/\/127\.0\.0\.1:1\): /,
      ),
    )
  }

  it.live("leaves the message of a failed request to the connector as Node has it", () =>
    Effect.gen(function* () {
      const body = `    await fetch("http://no-such-host.invalid/").catch((error) => ctx.log(error.message))`
      assert.deepEqual((yield* succeeding(syncing(body))).lines, [{ stream: "log", text: "fetch failed" }])
    }),
  )

  it.live("says what the first few of several failures were", () =>
    failsAt(
      `    await Promise.any([1, 2, 3, 4, 5].map(async (n) => { throw new Error("mirror " + n) }))`,
      "new Error",
      /All promises were rejected: mirror 1; mirror 2; mirror 3; and 2 more/,
    ),
  )

  it.live("in the rows' own generator, even when the connector goes on: nothing is kept", () =>
    failsAt(
      `    try {
      await ctx.insert("a", (async function* () { yield { id: 1 }; throw new Error("page 2 is gone") })())
    } catch {}
    await ctx.insert("b", [{ id: 1 }]).catch(() => {})`,
      "page 2",
      /page 2 is gone/,
    ),
  )

  it.live("keeps the first failure of its calls, whatever it makes of it", () =>
    Effect.gen(function* () {
      const body = `
    await ctx.insert("a", [{ id: NaN }]).catch(() => {})
    await ctx.insert("nowhere", []).catch(() => {})
    throw new Error("later")`
      const { error } = yield* failing(syncing(body))
      assert.deepInclude(error, { _tag: "RowError", column: "id" })
    }),
  )

  it.live("keeps the first failure of calls at the same time", () =>
    Effect.gen(function* () {
      const body = `
    const slowly = async function* (id) {
      for (let at = 0; at < 4; at++) {
        await new Promise((resolve) => setTimeout(resolve, 20))
        yield { id: at === 2 ? id : 0 }
      }
    }
    await Promise.allSettled([ctx.insert("b", slowly(0)), ctx.insert("a", slowly(NaN)), ctx.insert("c", slowly(() => 1))])`
      const { error } = yield* failing(syncing(body))
      assert.deepInclude(error, { _tag: "RowError", output: "a", row: 2, got: "NaN" })
    }),
  )

  it.live("calls after it returned", () =>
    failsAt(
      `    setImmediate(() => setImmediate(() => void ctx.insert("a", [{ id: 1 }])))`,
      "ctx.insert",
      /ctx\.insert\("a", rows\) was called after sync had returned/,
    ),
  )

  it.live("rejects where nobody looks", () =>
    failsAt(
      `    void Promise.reject(new Error("adrift"))\n    await new Promise(() => {})`,
      "adrift",
      /failed: adrift/,
    ),
  )

  it.live("throws in a timer", () =>
    failsAt(
      `    setTimeout(() => { throw new Error("tick") }, 5)\n    await new Promise(() => {})`,
      "new Error",
      /tick/,
    ),
  )

  it.live("throws in a timer, one turn after it returned", () =>
    failsAt(`    setTimeout(() => { throw new Error("late") }, 0)`, "new Error", /late/),
  )

  it.live("rejects one turn after it returned", () =>
    failsAt(`    setImmediate(() => void Promise.reject(new Error("late")))`, "new Error", /late/),
  )

  it.live("has rows that cannot be written: that is no fault of its code", () =>
    Effect.gen(function* () {
      const body = `    await ctx.insert("a", Array.from({ length: 20_000 }, (_, id) => ({ id })))`
      const { error } = yield* failing(syncing(body), { outputs: { a: { fd: openSync(import.meta.filename, "r") } } })
      assert.deepInclude(error, { _tag: "ConnectorFailed", file: null })
      assert.match(error.message, /the rows of output "a" cannot be written: E/)
    }),
  )

  it.live("finds a bundle that isn't a connector", () =>
    Effect.gen(function* () {
      const { error } = yield* failing(`throw new Error("top level")\nexport default 1\n`)
      assert.deepInclude(error, { _tag: "LoadError", reason: "threw", file: entry, line: 1 })
      assert.deepInclude((yield* failing(`export default { sync() {} }\n`)).error, { reason: "not-a-connector" })
    }),
  )

  const thrown: ReadonlyArray<readonly [string, RegExp]> = [
    ["undefined", /threw undefined/],
    ["null", /threw null/],
    [`"text"`, /threw "text"/],
    ["{ status: 429 }", /threw \{ status: 429 \}/],
    ["Object.freeze(new Error('cold'))", /failed: cold/],
    ["new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 1 } })", /threw/],
    ["Object.defineProperty(new Error(), 'message', { get() { throw 1 } })", /cannot be shown/],
    ["Object.defineProperty(new Error('x'), 'stack', { get() { throw 1 } })", /failed: x/],
    ["{ toString() { throw 1 }, [Symbol.toPrimitive]() { throw 1 } }", /threw/],
    [`"x".repeat(50_000_000)`, /threw "xxx.*\(\d+ characters\)/],
    [`new Error("x".repeat(50_000_000))`, /failed: xxx.*\(50000000 characters\)/],
    [`new AggregateError([new Error("one of them")])`, /one of them/],
    [`new Error("outer", { cause: new Error("inner", { cause: "deep" }) })`, /outer: inner: "deep"/],
  ]
  for (const [value, message] of thrown) {
    it.live(`throws ${value.slice(0, 60)}`, () =>
      Effect.gen(function* () {
        const { error } = yield* failing(syncing(`    throw (${value})`))
        assert.strictEqual(error._tag, "ConnectorFailed", error.message)
        assert.match(error.message, message)
        assert.isBelow(error.message.length, 11_000)
      }),
    )
  }

  it.live("throws 50 MB: at its place nevertheless", () =>
    failsAt(`    throw new Error("x".repeat(50_000_000))`, "new Error", /xxx/),
  )
})

const wrong = (status: number) => `    throw Object.assign(new Error("no"), { cause: { status: ${status} } })`

describe.concurrent("what to do next is said of", () => {
  const preview = 'then look with "openislands preview one" whether it works.'
  const nextSteps: Readonly<Record<string, readonly [body: string, next: string | RegExp]>> = {
    "a throw": [`    throw new Error("no")`, `Correct ${entry}:LINE, ${preview}`],
    "what is refused a token": [
      wrong(401),
      /^The provider doesn't let it in: check the token or key that it sends, and/,
    ],
    "a request that is refused": [
      wrong(404),
      `The provider doesn't take the request: check its URL and what it sends, and correct ${entry}:LINE, ${preview}`,
    ],
    "what may pass": [wrong(404).replace("{ cause", '{ code: "ECONNRESET", cause'), "It may work when you sync again."],
    "a host that isn't there": [
      `    throw Object.assign(new Error("GET https://acme.example failed (ENOTFOUND)"), { code: "ENOTFOUND" })`,
      "It may work when you sync again. If it doesn't, see that this machine is online and the address is right.",
    ],
    "a file that it may not read": [
      `    fs.readFileSync("/etc/hostname")`,
      'The user decides what it may read: if that is to be, add "/etc/hostname" to "read" under "permissions" of connector "one" in manifest.json.',
    ],
    "an exit": [
      `    process.exit(3)`,
      `A connector must not end its process: let sync(ctx) return, or throw an error that says why, ${preview}`,
    ],
  }
  for (const [name, [body, next]] of Object.entries(nextSteps)) {
    it.live(name, () =>
      Effect.gen(function* () {
        const source = syncing(body, "", `import fs from "node:fs"\n`)
        const { error } = yield* failing(source, { job: { permissions: { read: ["/tmp"], net: null } } })
        const [, said] = /^Nothing was written\. (.*)$/.exec(error.suggestion) ?? []
        if (typeof next !== "string") return assert.match(said ?? "", next)
        assert.strictEqual(said, next.replace("LINE", String(placeOf(source, body.trim()).line)))
      }),
    )
  }

  it.live("a provider that cannot be reached, once", () =>
    Effect.gen(function* () {
      const { error } = yield* failing(syncing(`    await ctx.fetch("http://127.0.0.1:2/x", { retries: 1 })`))
      assert.deepInclude(error, { detail: "GET http://127.0.0.1:2/x failed (ECONNREFUSED) (tried 2 times)" })
    }),
  )
})

describe.concurrent("a run", () => {
  it.live("is not misled by what the connector does to the builtins", () =>
    Effect.gen(function* () {
      const body = `
    const poison = () => { throw 1 }
    fs.writeSync = fs.ftruncateSync = Buffer.from = Date.now = poison
    Map.prototype.get = Map.prototype.set = JSON.stringify = String.prototype.slice = RegExp.prototype.exec = poison
    globalThis.setImmediate = globalThis.setTimeout = globalThis.Error = poison
    await ctx.insert("a", [{ id: 1 }])
    await ctx.replace("a", [{ id: 2 }])
    ctx.log("done")
    ctx.state.at = 1`
      const permissions = { read: ["/tmp"], net: null }
      const { staged, work, lines } = yield* succeeding(syncing(body, "", `import fs from "node:fs"\n`), {
        job: { permissions },
      })
      assert.strictEqual(staged["a"], `{"id":2}\n`)
      assert.strictEqual(work.state, `{"at":1}`)
      assert.deepEqual(lines, [{ stream: "log", text: "done" }])
    }),
  )
})

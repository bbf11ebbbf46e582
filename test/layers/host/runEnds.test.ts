import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import { withoutDescriptors } from "../../fixtures/descriptors.ts"
import { failing, isAlive, runGuest, succeeding, syncing } from "../../fixtures/guest.ts"

const forever = {
  "waits for ever": "    await new Promise(() => {})",
  "loops for ever": "    for (;;);",
  "catches every failure for ever": `    for (;;) await ctx.insert("a", [{ id: 1 }]).catch(() => new Promise((done) => setTimeout(done, 10)))`,
  "logs for ever": `    for (;;) ctx.log("again")`,
  "writes for ever": `    for (let id = 0; ; id++) await ctx.insert("c", [{ id }])`,
  "yields for ever": `    await ctx.insert("c", (function* () { for (let id = 0; ; id++) yield { id } })())`,
}

describe.concurrent("a guest that takes too long", () => {
  for (const [name, body] of Object.entries(forever)) {
    it.live(`${name}: is gone when the run ends`, () =>
      Effect.gen(function* () {
        const start = performance.now()
        const { error } = yield* failing(syncing(body), { job: { timeout: 700 } })
        assert.deepInclude(error, { _tag: "ConnectorTimeout", connector: "one", milliseconds: 700 })
        assert.isBelow(performance.now() - start, 5_000)
      }),
    )
  }

  it.live("hears of it by ctx.signal and has a moment to end", () =>
    Effect.gen(function* () {
      const body = `
    await new Promise((stop) => ctx.signal.addEventListener("abort", stop))
    await ctx.insert("a", [{ id: 1 }]).catch((error) => ctx.log(error.name))
    ctx.log("ended in order")`
      const start = performance.now()
      const { error, lines } = yield* failing(syncing(body), { job: { timeout: 700 } })
      assert.strictEqual(error._tag, "ConnectorTimeout")
      assert.deepEqual(
        lines.map(({ text }) => text),
        ["AbortError", "ended in order"],
      )
      assert.isBelow(performance.now() - start, 2_000)
    }),
  )

  for (const name of ["writes for ever", "yields for ever"] as const) {
    it.live(`is told even while it ${name} without a pause`, () =>
      Effect.gen(function* () {
        const body = `    ctx.signal.addEventListener("abort", () => ctx.log("told"))\n${forever[name]}`
        const { lines } = yield* failing(syncing(body), { job: { timeout: 700 } })
        assert.deepEqual(lines, [{ stream: "log", text: "told" }])
      }),
    )
  }
})

describe.concurrent("a guest that the system doesn't start", () => {
  it.live("is the run's failure", () =>
    Effect.gen(function* () {
      // More than any system takes as arguments.
      const permissions = { read: [`/${"x".repeat(3_000_000)}`], net: null }
      const { error } = yield* failing(syncing(""), { job: { permissions } })
      assert.deepInclude(error, { _tag: "ConnectorCrashed", connector: "one", why: "start" })
      assert.include(error.message, "its process could not be started: spawn E2BIG")
    }),
  )

  it.live("for want of open files is one, too", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* withoutDescriptors("guest"),
        "its process could not be started: too many files are open",
      )
    }),
  )
})

describe.concurrent("a run that is interrupted", () => {
  for (const [name, body] of Object.entries(forever).filter(([name]) => name !== "logs for ever")) {
    it.live(`while its guest ${name}: leaves no process`, () =>
      Effect.gen(function* () {
        const start = performance.now()
        const { exit, run } = yield* runGuest(syncing(`    ctx.log("ready")\n${body}`), { interruptOn: "ready" })
        assert.isTrue(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause))
        assert.isAbove(run.pid, 0)
        assert.isFalse(isAlive(run.pid))
        assert.isBelow(performance.now() - start, 3_500)
      }),
    )
  }

  it.live("tells the guest", () =>
    Effect.gen(function* () {
      const body = `
    ctx.signal.addEventListener("abort", () => ctx.log("told"))
    ctx.log("ready")
    await new Promise(() => {})`
      const { run } = yield* runGuest(syncing(body), { interruptOn: "ready" })
      assert.strictEqual(run.lines.at(-1)?.text, "told")
    }),
  )
})

describe.concurrent("a guest that ends by itself", () => {
  const ends: ReadonlyArray<readonly [string, RegExp]> = [
    ["process.exit()", /ended its own process \(exit code 0\)/],
    ["process.exit(3)", /ended its own process \(exit code 3\)/],
    ["process.abort()", /ended by SIGABRT/],
    ["process.reallyExit(7)", /exit code 7/],
    ["const all = []; for (;;) all.push({ text: new Array(1000).fill(all.length) })", /out of memory \(512 MiB\)/],
    ["const all = []; for (;;) { all.push(Buffer.alloc(16e6, 1)); await new Promise(setImmediate) }", /of memory/],
  ]
  for (const [body, message] of ends) {
    it.live(`has crashed: ${body}`, () =>
      Effect.gen(function* () {
        const { error, lines } = yield* failing(syncing(`    console.log("before")\n    ${body}`))
        assert.deepInclude(error, { _tag: "ConnectorCrashed", connector: "one" })
        assert.match(error.message, message)
        assert.strictEqual(lines.find(({ stream }) => stream === "stdout")?.text, "before")
        // Of what Node prints of its own insides only the reason is left.
        for (const { text } of lines) assert.notMatch(text, /0x[\da-f]|Native stack|<---|bin\/node/)
      }),
    )
  }

  it.live("has crashed when somebody kills it", () =>
    Effect.gen(function* () {
      const job = { onStart: (pid: number) => void setTimeout(() => process.kill(pid, "SIGKILL"), 600) }
      const { error } = yield* failing(syncing("    await new Promise(() => {})"), { job })
      assert.deepInclude(error, { _tag: "ConnectorCrashed" })
      assert.match(error.message, /ended by SIGKILL/)
    }),
  )

  const forged: ReadonlyArray<string> = [
    `"nonsense\\n"`,
    `JSON.stringify({ type: "described" }) + "\\n"`,
    `JSON.stringify({ type: "progress", rows: { a: "many" } }) + "\\n"`,
    `JSON.stringify({ type: "synced", outputs: [], state: "{}", requests: 0 }) + "\\n"`,
    `JSON.stringify({ type: "synced", outputs: ["c", "b", "a"].map(forge), state: "{}", requests: 0 }) + "\\n"`,
    `JSON.stringify({ type: "synced", outputs: ["a", "b", "c"].map(forge), state: "{", requests: 0 }) + "\\n"`,
    `JSON.stringify({ type: "synced", outputs: ["a", "b", "c"].map(forge), state: "1", requests: 0 }) + "\\n"`,
    `JSON.stringify({ type: "synced", outputs: ["a", "b", "c"].map(forge), state: "{}", requests: -1 }) + "\\n"`,
    `JSON.stringify({ type: "checkpoint", outputs: [], state: "{}" }) + "\\n"`,
    `JSON.stringify({ type: "checkpoint", outputs: ["c", "b", "a"].map(forge), state: "{}" }) + "\\n"`,
    `JSON.stringify({ type: "checkpoint", outputs: ["a", "b", "c"].map(forge), state: "[]" }) + "\\n"`,
    `"x".repeat(9_000_000)`,
  ]
  for (const message of forged) {
    it.live(`has crashed when it sends ${message.slice(0, 70)}`, () =>
      Effect.gen(function* () {
        const top = `import fs from "node:fs"
const forge = (output) => ({ output, mode: null, shape: "whole", rows: 0, columns: [], headerColumns: 0 })
const write = (text) => {
  for (let at = 0; at < text.length; ) try { at += fs.writeSync(3, text.slice(at, at + 65536)) } catch {}
}
`
        const body = `    write(${message})\n    process.reallyExit(0)`
        const job = { permissions: { read: ["/tmp"], net: null } }
        const { error } = yield* failing(syncing(body, "", top), { job })
        assert.deepInclude(error, { _tag: "ConnectorCrashed", detail: "it sent what a connector cannot send" })
      }),
    )
  }
})

describe.concurrent("a guest that succeeded", () => {
  it.live("is gone, whatever it left running", () =>
    Effect.gen(function* () {
      const body = `
    setInterval(() => {}, 1000)
    process.on("exit", () => { for (;;); })
    process.on("beforeExit", () => { for (;;); })`
      const start = performance.now()
      const { pid } = yield* succeeding(syncing(body))
      assert.isFalse(isAlive(pid))
      assert.isBelow(performance.now() - start, 2_500)
    }),
  )
})

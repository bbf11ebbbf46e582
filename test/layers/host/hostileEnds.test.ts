import { assert, describe, it } from "@effect/vitest"
import { type Freed, type Hostile, hostileHost } from "../../fixtures/hostile.ts"

const failed = (words: RegExp) => ({ tag: "ConnectorFailed", words })
const crashed = (words: RegExp) => ({ tag: "ConnectorCrashed", words })
const late = { tag: "ConnectorTimeout", words: /took longer than 1 s/, timeout: "1s", patience: 1_500 }

/** A process without a host that ends it is there for ever. */
const staysForEver = ({ answers, signal }: Freed): void => {
  assert.notInclude(answers, `"synced"`)
  assert.strictEqual(signal, "SIGKILL")
}
const staysUntilTold = ({ answers }: Freed): void => assert.notInclude(answers, `"synced"`)
/** Whoever runs it in a process of his own is gone with it. */
const endsItsProcess = ({ answers, code, signal }: Freed): void => {
  assert.strictEqual(answers, "")
  assert.isFalse(code === null && signal === null)
}
/** What it attacks isn't the fence but the guest around it, which answers for it in either case. */
const isAnswered = ({ answers }: Freed): void => assert.match(answers, /"sync-failed"/)

/** As much as it takes to cross the limit, instead of all of the 4 GB. */
const allocating = (piece: string, megabytes: number) => `
      const all = []
      for (let taken = 0; taken < ${megabytes}; taken += 16) {
        all.push(${piece})
        if (all.length % 8 === 0) await new Promise(setImmediate)
      }
      return all.length`
const roomy = ["--max-old-space-size=3000"]

const cases: Readonly<Record<string, Hostile>> = {
  "a rejection that nobody handles, after sync has returned": {
    code: `setImmediate(() => void Promise.reject(new Error("after the end")))\n      return "done"`,
    ...failed(/after the end/),
    free: isAnswered,
  },
  "a throw in a timer, after sync has returned": {
    code: `setTimeout(() => { throw new Error("tick") }, 0)\n      return "done"`,
    ...failed(/tick/),
    free: isAnswered,
  },
  "a promise that never settles": { code: `await new Promise(() => {})`, ...late, free: staysUntilTold },
  "a thenable that never answers": { code: `return { then() {} }`, ...late, free: staysUntilTold },
  "a loop that ignores SIGTERM": {
    code: `process.on("SIGTERM", () => {})\n      for (;;);`,
    ...late,
    free: staysForEver,
  },
  "waiting, with nobody left to hear SIGTERM": {
    code: `process.removeAllListeners("SIGTERM").on("SIGTERM", () => {})\n      await new Promise(() => {})`,
    ...late,
    free: staysForEver,
  },
  "rows without an end": {
    code: `await ctx.insert("more", (function* () { for (let id = 0; ; id++) yield { id } })())`,
    ...late,
    free: staysUntilTold,
  },
  "recursion without an end": {
    code: `const down = () => down() + 1\n      return down()`,
    ...failed(/Maximum call stack size exceeded/),
    free: isAnswered,
  },
  "process.exit(0)": {
    code: `process.exit(0)`,
    ...crashed(/ended its own process \(exit code 0\)/),
    free: endsItsProcess,
  },
  "process.reallyExit": { code: `process.reallyExit(0)`, ...crashed(/exit code 0/), free: endsItsProcess },
  "process.abort": { code: `process.abort()`, ...crashed(/SIGABRT/), free: endsItsProcess },
  "a failure that it hears itself": {
    code: `process.removeAllListeners("uncaughtException").removeAllListeners("unhandledRejection")
      void Promise.reject(new Error("unheard"))
      await new Promise(() => {})`,
    ...crashed(/ended its own process/),
    free: endsItsProcess,
  },

  "4 GB of JavaScript": {
    code: allocating("Array.from({ length: 2 ** 21 }, (_, at) => at + 0.5)", 600),
    ...crashed(/ran out of memory \(512 MiB\)/),
    flags: roomy,
    patience: 20_000,
  },
  "many small objects": {
    code: `const all = []\n      for (let at = 0; at < 8e6; at++) all.push({ at, next: {} })\n      return all.length`,
    ...crashed(/ran out of memory/),
    flags: roomy,
    patience: 20_000,
  },
  "texts that are longer and longer": {
    code: `let text = "x"\n      const all = []\n      for (let at = 0; at < 40; at++) { all.push(Buffer.from(text.repeat(2 ** 24)).toString("latin1").toUpperCase()) }\n      return all.length`,
    ...crashed(/memory/),
    flags: roomy,
    patience: 20_000,
  },
  "4 GB of buffers": {
    code: allocating("Buffer.alloc(16 * 2 ** 20, 1)", 1_300),
    ...crashed(/used more than 1024 MiB of memory|ran out of memory/),
    patience: 20_000,
  },
  "4 GB of WebAssembly": {
    code: allocating("new Uint8Array(new WebAssembly.Memory({ initial: 256 }).buffer).fill(1)", 1_300),
    ...crashed(/used more than 1024 MiB of memory|ran out of memory/),
    patience: 20_000,
  },

  "a throw of undefined": { code: `throw undefined`, ...failed(/threw undefined/), free: isAnswered },
  "a throw of a frozen object": {
    code: `throw Object.freeze({ status: 429 })`,
    ...failed(/threw \{ status: 429 \}/),
    free: isAnswered,
  },
  "a throw of a frozen error": { code: `throw Object.freeze(new Error("cold"))`, ...failed(/cold/), free: isAnswered },
  "a throw of 50 MB": {
    code: `throw "x".repeat(50_000_000)`,
    ...failed(/threw "xxx.*50000000 characters/),
    free: isAnswered,
  },
  "a throw of an error whose getters throw": {
    code: `throw Object.defineProperties(new Error("x"), Object.fromEntries(["message", "stack", "name", "cause", "code", "errors"].map((name) => [name, { get() { throw new Error("no") } }])))`,
    ...failed(/cannot be shown/),
    free: isAnswered,
  },
  "a throw of a proxy that throws": {
    code: `const no = () => { throw new Error("no") }\n      throw new Proxy({}, { get: no, has: no, ownKeys: no, getPrototypeOf: no, getOwnPropertyDescriptor: no })`,
    ...failed(/threw/),
    free: isAnswered,
  },
  "an error that causes itself": {
    code: `const error = new Error("round")\n      error.cause = error\n      error.errors = [error]\n      throw error`,
    ...failed(/round/),
    free: isAnswered,
  },
}

describe.concurrent("however a connector ends, the run says so, and the host goes on:", () => {
  const check = hostileHost(cases)
  for (const name of Object.keys(cases)) it.live(name, () => check(name))
})

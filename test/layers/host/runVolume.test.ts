import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { closeSync, constants, openSync, readFileSync, readSync } from "node:fs"
import * as path from "node:path"
import type { LogLine } from "../../../src/services/ConnectorHost.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { runGuest, succeeding, syncing } from "../../fixtures/guest.ts"

/** The most memory that a process has had at once, in MiB, as long as it lived. */
const watchPeak = () => {
  let peak = 0
  let timer: NodeJS.Timeout | undefined
  return {
    get peak() {
      clearInterval(timer)
      return peak
    },
    onStart: (pid: number) => {
      timer = setInterval(() => {
        try {
          const kibibytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]
          peak = Math.max(peak, Number(kibibytes ?? 0) / 1024)
        } catch {
          // It has ended.
        }
      }, 20)
    },
  }
}

/** Null while there is nothing to be read. */
const attempt = <A>(call: () => A): A | null => {
  try {
    return call()
  } catch {
    return null
  }
}

const row = `({ id, name: \`name \${id}\`, at: "2026-01-02T03:04:05Z", value: id * 1.5, ok: id % 2 === 0, note: null })`

describe.runIf(process.platform === "linux")("a lot of", () => {
  for (const [name, source] of [
    ["an async generator", `(async function* () { for (let id = 0; id < 1_000_000; id++) yield ${row} })()`],
    ["a generator", `(function* () { for (let id = 0; id < 1_000_000; id++) yield ${row} })()`],
  ] as const) {
    it.live(`rows from ${name} takes little memory`, () =>
      Effect.gen(function* () {
        const memory = watchPeak()
        const { work, progress } = yield* succeeding(syncing(`    await ctx.insert("c", ${source})`), {
          job: { onStart: memory.onStart },
        })
        assert.strictEqual(work.outputs[2]?.rows, 1_000_000)
        assert.isAbove(progress.length, 0)
        const peak = memory.peak
        assert.isAbove(peak, 30)
        assert.isBelow(peak, 200, "MiB")
      }),
    )
  }

  it.live("rows, faster than they are taken, waits", () =>
    Effect.gen(function* () {
      const pipe = path.join(yield* temporaryProject({}), "slow")
      execFileSync("mkfifo", [pipe])
      const taking = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK)
      let lines = 0
      const buffer = Buffer.alloc(64 * 1024)
      const take = (): void => {
        const read = attempt(() => readSync(taking, buffer)) ?? 0
        for (let at = buffer.indexOf(10); at >= 0 && at < read; at = buffer.indexOf(10, at + 1)) lines++
      }
      // Some 10 MB a second: a tenth of what the generator makes.
      const timer = setInterval(take, 6)
      const memory = watchPeak()
      const before = process.memoryUsage().rss
      const source = `(function* () { for (let id = 0; id < 300_000; id++) yield ${row} })()`
      const { work, progress } = yield* succeeding(syncing(`    await ctx.insert("a", ${source})`), {
        outputs: { a: { fd: openSync(pipe, "w") } },
        job: { onStart: memory.onStart },
      }).pipe(Effect.ensuring(Effect.sync(() => clearInterval(timer))))
      for (let last = -1; last !== lines;) {
        last = lines
        take()
      }
      closeSync(taking)
      assert.strictEqual(work.outputs[0]?.rows, 300_000)
      assert.strictEqual(lines, 300_000)
      // It was at it for as long as we were.
      assert.isAbove(progress.length, 3)
      assert.isBelow(memory.peak, 256, "MiB of the guest")
      assert.isBelow((process.memoryUsage().rss - before) / 1_048_576, 100, "MiB of its host")
    }),
  )

  const flood = Effect.fnUntraced(function* (print: string, stream: LogLine["stream"]) {
    const before = process.memoryUsage().rss
    let lines = 0
    let bytes = 0
    let inOrder = true
    let most = 0
    const job = {
      onLine: (line: LogLine) => {
        inOrder &&= line.stream === stream && Number(line.text.slice(0, 8)) === lines
        lines++
        bytes += line.text.length + 1
        if (lines % 10_000 === 0) most = Math.max(most, process.memoryUsage().rss)
      },
    }
    const body = `
    const rest = "x".repeat(991)
    for (let line = 0; line < 100_000; line++) ${print}(String(line).padStart(8, "0") + rest)
`
    yield* succeeding(syncing(body), { job })
    assert.isTrue(inOrder)
    assert.strictEqual(lines, 100_000)
    assert.strictEqual(bytes, 100_000_000)
    assert.isBelow((most - before) / 1_048_576, 90, "MiB")
  })

  it.live("log takes little of our memory, and is all there in its order", () => flood("ctx.log", "log"))
  it.live("output takes little of our memory, and is all there in its order", () => flood("console.log", "stdout"))
  it.live("error output as well", () => flood("console.error", "stderr"))
})

describe("what is logged", () => {
  it.live("is text, whatever it was", () =>
    Effect.gen(function* () {
      const body = `
    ctx.log("two\\nlines")
    ctx.log({ a: { b: [1, new Map([["k", 1n]])] } })
    ctx.log(undefined); ctx.log(null); ctx.log(7n); ctx.log(Symbol("s")); ctx.log("")
    ctx.log({ get secret() { throw new Error("no") }, toString() { throw 1 }, toJSON() { throw 1 } })
    ctx.log(new Proxy({}, { get() { throw 1 }, ownKeys() { throw 1 } }))
    ctx.log("😀".repeat(200_000))
    ctx.log("é")
    process.stdout.write("no end")`
      const { lines } = yield* succeeding(syncing(body))
      const logged = lines.filter(({ stream }) => stream === "log").map(({ text }) => text)
      const flat = [
        "two",
        "lines",
        "{ a: { b: [ 1, Map(1) { 'k' => 1n } ] } }",
        "undefined",
        "null",
        "7n",
        "Symbol(s)",
        "",
      ]
      assert.deepEqual(logged.slice(0, flat.length), flat)
      assert.strictEqual(logged.at(-1), "é")
      const long = logged.at(-2) ?? ""
      assert.strictEqual(long, `${"😀".repeat(16_384)}... (${800_000 - 65_536} more bytes)`)
      assert.isFalse(logged.some((text) => text.includes("\uFFFD")))
      assert.deepEqual(
        lines.filter(({ stream }) => stream === "stdout"),
        [{ stream: "stdout", text: "no end" }],
      )
    }),
  )

  for (const end of ["", "throw new Error()", "await ctx.insert('nowhere', [])"]) {
    it.live(`is all there, also what was still on its way at the end: ${end || "success"}`, () =>
      Effect.gen(function* () {
        // We are slow, and it is less than the pipe takes: the guest doesn't wait for us.
        let lines = 0
        const onLine = () => {
          const until = performance.now() + (lines++ === 0 ? 300 : 0)
          while (performance.now() < until);
        }
        yield* runGuest(syncing(`    ctx.log(1)\n    ctx.log("x".repeat(99).concat("\\n").repeat(1900))\n    ${end}`), {
          job: { onLine },
        })
        assert.strictEqual(lines, 1902)
      }),
    )
  }
})

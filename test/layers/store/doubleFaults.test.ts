import { assert, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import * as fs from "node:fs"
import { afterAll, describe } from "vitest"
import type { Fault, Trap } from "../../fixtures/faultyDisk.ts"
import {
  attempt,
  demandTyped,
  labelOf,
  losePowerAfter,
  type Prepared,
  prepare,
  settleAt,
  tally,
} from "./faultPoints.ts"
import { losses, plainLosses } from "./losses.ts"
import { sampled } from "./sampling.ts"
import { insert, scenarios } from "./scenarios.ts"

afterAll(() => void process.stdout.write(tally()))

const either = ["before", "after"]

/** The second fault strikes while the recovery from a death is under way. */
const failingTwice = Effect.fnUntraced(function* (
  prepared: Prepared,
  at: number,
  pick: (then: number, second: number, loss: string) => boolean,
) {
  const { disk, look, steps } = prepared
  const first = { on: "changes", at, fault: { kind: at % 2 === 0 ? "tears" : "dies" } } satisfies Trap
  yield* attempt(prepared, first)
  disk.arm(null)
  yield* look
  const recovery = [...disk.changes]
  for (let then = 1; then <= recovery.length + 1; then++) {
    const label = (fault: Fault) => `${labelOf(at, steps.changes, first.fault)}, then ${labelOf(then, recovery, fault)}`
    const strike = Effect.fnUntraced(function* (fault: Fault) {
      yield* attempt(prepared, first)
      disk.arm({ on: "changes", at: then, fault })
      return yield* look.pipe(Effect.exit)
    })
    for (const [n, fault] of seconds.entries()) {
      if (then > recovery.length || !pick(then, n, "")) continue
      const exit = yield* strike(fault)
      if (fault.kind !== "dies" && fault.kind !== "tears") demandTyped(label(fault), exit)
      yield* settleAt(prepared, label(fault), either)
    }
    const ways = losses(7).filter(({ name }, n) => pick(then, seconds.length + n, name))
    yield* losePowerAfter(prepared, ways, strike({ kind: "dies" }), () => either, label({ kind: "dies" }))
  }
})

const seconds: ReadonlyArray<Fault> = [
  { kind: "fails", code: "EIO" },
  { kind: "keepsFailing", code: "ENOSPC" },
  { kind: "dies" },
  { kind: "tears" },
]

/** A step fails, and the process dies while it takes back what it did. */
const takingBack = Effect.fnUntraced(function* (
  prepared: Prepared,
  at: number,
  pick: (then: number, loss: string) => boolean,
) {
  const { disk, look, steps } = prepared
  const first = { on: "changes", at, fault: { kind: "fails", code: "EIO" } } satisfies Trap
  const exit = yield* attempt(prepared, first)
  const more = disk.changes.slice(at)
  const told = yield* settleAt(
    prepared,
    labelOf(at, steps.changes, first.fault),
    Exit.isSuccess(exit) ? ["after"] : either,
  )
  for (let then = 1; then <= more.length + 1; then++) {
    const fault = { kind: "dies" } as const
    const label = `${labelOf(at, steps.changes, first.fault)}, then ${labelOf(then, more, fault)}`
    const strike = attempt(prepared, { ...first, next: { on: "changes", at: then, fault } })
    // What had been told stays true.
    const ends = () => (then > more.length ? [told] : either)
    const ways = losses(at * 70 + then).filter(({ name }) => pick(then, name))
    yield* losePowerAfter(prepared, ways, strike, ends, label)
    const recovering = Effect.gen(function* () {
      yield* strike
      disk.arm(null)
      yield* look
    })
    const plain = ways.filter(({ name }) => name === "nothing unsafe is left")
    yield* losePowerAfter(prepared, plain, recovering, ends, `${label} and recovery`)
  }
})

/** A process dies, another one builds on what it left, and then the power is lost. */
const goingOn = Effect.fnUntraced(function* (
  prepared: Prepared,
  at: number,
  pick: (then: number, loss: string) => boolean,
) {
  const { disk, steps, on, project } = prepared
  const next = on(insert([50], 50)(project))
  yield* attempt(prepared, { on: "changes", at, fault: { kind: "dies" } })
  disk.arm(null)
  yield* next
  const more = [...disk.changes]
  for (let then = 1; then <= more.length + 1; then++) {
    const label = `dies at ${at}/${steps.changes.length} (${steps.changes[at - 1]}), another one at ${then}/${more.length} (${more[then - 1]})`
    const strike = Effect.gen(function* () {
      yield* attempt(prepared, { on: "changes", at, fault: { kind: "dies" } })
      disk.arm({ on: "changes", at: then, fault: { kind: "dies" } })
      return yield* next.pipe(Effect.exit)
    })
    const ways = losses(at * 50 + then).filter(({ name }) => pick(then, name))
    const built = ["before and more", "after and more"]
    yield* losePowerAfter(
      prepared,
      ways,
      strike,
      (exit) => (Exit.isSuccess(exit) ? built : [...either, ...built]),
      label,
    )
  }
})

/** What the next insert makes of each end. */
const addBuilt = Effect.fnUntraced(function* ({ platter, on, project, scenario, look, walk, ends, disk }: Prepared) {
  for (const end of either) {
    platter.restore()
    disk.arm(null)
    if (end === "after") yield* on(scenario.act(project))
    yield* on(insert([50], 50)(project))
    const seen = yield* look
    ends.set(`${end} and more`, { seen, walked: yield* walk })
  }
})

/** Where it comes to be decided by its stamps. */
const isDeciding = (format: string, scenario: string, change: string): boolean =>
  format === "csv" && scenario === "undo an insert" && /^fsyncDirectory .*\/journal\/[^/]+$/.test(change)

/** Where most is to be taken back, so that the suite loses power at every step of that. */
const isDecisive = (format: string, scenario: string, change: string): boolean =>
  isDeciding(format, scenario, change) ||
  (format === "csv" &&
    ["insert", "replace", "redo a replace"].includes(scenario) &&
    /^(fsync|fsyncDirectory|rename) .*(\/history(\/[^/]+)?|\/data|\/a\.csv)$/.test(change))

it.live("what is written by hand after a failure stays as it is, though the power is lost then", () =>
  Effect.gen(function* () {
    const prepared = yield* prepare(
      "csv",
      scenarios.find(({ name }) => name === "insert")!,
    )
    const { steps, platter, project, disk, look } = prepared
    const at = steps.changes.findLastIndex((change) => change.endsWith("/history"))
    const exit = yield* attempt(prepared, { on: "changes", at: at + 1, fault: { kind: "fails", code: "EIO" } })
    assert.isTrue(Exit.isFailure(exit))
    fs.writeFileSync(project.a.file, fs.readFileSync(project.a.file, "utf8").replaceAll("row", "ROW"))
    const { mtimeMs } = fs.statSync(project.a.file)
    platter.fsynced(project.a.file)
    platter.losePower(losses(1).find(({ name }) => name === "what was removed is back")!.decide)
    disk.arm(null)
    yield* look
    // Its time stamp is what tells of the edit.
    assert.strictEqual(fs.statSync(project.a.file).mtimeMs, mtimeMs)
    assert.include(fs.readFileSync(project.a.file, "utf8"), "ROW 1")
  }).pipe(Effect.scoped),
)

const twice = scenarios.filter(({ name }) =>
  ["insert", "replace", "undo an insert", "undo a replace", "redo an insert", "redo a replace"].includes(name),
)

for (const format of ["csv", "jsonl"]) {
  describe(`${format}: and the same if something goes wrong again`, () => {
    for (const scenario of twice) {
      it.live(
        `${scenario.name}: while recovering`,
        () =>
          Effect.gen(function* () {
            const prepared = yield* prepare(format, scenario)
            for (let at = 1; at <= prepared.steps.changes.length; at++) {
              const now = (every: number, ...more: ReadonlyArray<string | number>) =>
                sampled(every, format, scenario.name, at, ...more)
              const flushes = isDeciding(format, scenario.name, prepared.steps.changes[at - 1]!)
              if (flushes || now(format === "csv" ? 16 : 64)) {
                yield* failingTwice(prepared, at, (then, n, loss) =>
                  now(flushes && plainLosses.has(loss) ? 1 : 20, then, n),
                )
              }
            }
          }).pipe(Effect.scoped),
        { timeout: 600_000 },
      )
      it.live(
        `${scenario.name}: while taking back`,
        () =>
          Effect.gen(function* () {
            const prepared = yield* prepare(format, scenario)
            for (let at = 1; at <= prepared.steps.changes.length; at++) {
              const now = (every: number, ...more: ReadonlyArray<string | number>) =>
                sampled(every, format, scenario.name, "back", at, ...more)
              const flushes = isDecisive(format, scenario.name, prepared.steps.changes[at - 1]!)
              if (flushes || now(format === "csv" ? 16 : 64))
                yield* takingBack(prepared, at, (then, loss) =>
                  now(flushes && plainLosses.has(loss) ? 1 : 20, then, loss),
                )
            }
          }).pipe(Effect.scoped),
        { timeout: 600_000 },
      )
      it.live(
        `${scenario.name}: after another process went on`,
        () =>
          Effect.gen(function* () {
            const prepared = yield* prepare(format, scenario)
            yield* addBuilt(prepared)
            for (let at = 1; at <= prepared.steps.changes.length; at++) {
              const now = (every: number, ...more: ReadonlyArray<string | number>) =>
                sampled(every, format, scenario.name, at, ...more)
              // It dies when all is done, and not yet durable.
              const last = prepared.steps.changes[at - 1]!
              const flushes =
                format === "csv" && scenario.name === "insert" && /^fsyncDirectory .*\/history$/.test(last)
              if (flushes || now(format === "csv" ? 16 : 64))
                yield* goingOn(prepared, at, (then, loss) => now(flushes && plainLosses.has(loss) ? 1 : 60, then, loss))
            }
          }).pipe(Effect.scoped),
        { timeout: 600_000 },
      )
    }
  })
}

import { assert, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { describe } from "vitest"
import type { Code, Fault, Trap } from "../../fixtures/faultyDisk.ts"
import {
  attempt,
  countLate,
  demandTyped,
  equal,
  labelOf,
  losePowerAfter,
  type Prepared,
  prepare,
  settleAt,
} from "./faultPoints.ts"
import { type Loss, losses, plainLosses } from "./losses.ts"
import { sampling } from "./sampling.ts"
import { scenarios } from "./scenarios.ts"

const codes: ReadonlyArray<Code> = ["ENOSPC", "EIO", "EACCES"]

const failing = Effect.fnUntraced(function* (prepared: Prepared, at: number, on: Trap["on"], fault: Fault) {
  const { steps, disk, look, ends, stops, root, scenario } = prepared
  const label = on === "changes" ? labelOf(at, steps.changes, fault) : `${fault.kind} at look ${at}`
  const exit = yield* attempt(prepared, { on, at, fault })
  demandTyped(label, exit)
  // A copy back onto another device has to wait for space there; nothing is lost meanwhile.
  if (fault.kind === "keepsFailing" && fault.code === "ENOSPC" && scenario.abroad !== true) {
    const seen = yield* look.pipe(Effect.mapError((error) => new Error(`${label}: on the full disk: ${String(error)}`)))
    const end = ["before", ...stops].find((one) => equal(seen, ends.get(one)!.seen))
    if (end === undefined) assert.deepStrictEqual(seen, ends.get("before")!.seen, `${label}: on the full disk`)
  }
  disk.arm(null)
  if (fault.kind === "fails") {
    const staged = path.join(root, ".openislands/staging")
    if (fs.existsSync(staged) && !label.includes("removeTree"))
      assert.deepStrictEqual(fs.readdirSync(staged), [], `${label}: left over in staging/`)
    const journals = path.join(root, ".openislands/journal")
    for (const id of fs.existsSync(journals) ? fs.readdirSync(journals) : [])
      assert.isTrue(
        fs.existsSync(path.join(journals, id, "plan.json")),
        `${label}: nothing had begun, a journal is left`,
      )
  }
  const end = yield* settleAt(prepared, label, Exit.isSuccess(exit) ? stops : ["before", ...stops])
  if (
    Exit.isFailure(exit) &&
    end !== "before" &&
    scenario.isInParts !== true &&
    !equal(ends.get("before")!.seen, ends.get("after")!.seen)
  ) {
    // Only what cuts files cannot go back, nor can anything if the disk refuses everything from the commit's flush on.
    if (fault.kind === "fails") assert.match(scenario.name, /^(un|re)do/, `${label}: it failed, but was done`)
    countLate()
  }
})

const dying = Effect.fnUntraced(function* (prepared: Prepared, at: number, fault: Fault) {
  const label = labelOf(at, prepared.steps.changes, fault)
  yield* attempt(prepared, { on: "changes", at, fault })
  yield* settleAt(prepared, label, ["before", ...prepared.stops])
})

const losingPower = Effect.fnUntraced(function* (prepared: Prepared, at: number, pick: (loss: string) => boolean) {
  const { steps, stops } = prepared
  const removes = steps.changes[at - 1]?.startsWith("removeTree ") === true
  // What is half removed is there by another name, if that was not flushed.
  const tears = ({ name }: Loss) => removes && name === "only removals are left"
  const picked = losses(at * 100).filter(({ name }) => pick(name))
  for (const kind of ["dies", "tears"] as const) {
    const fault = { kind }
    yield* losePowerAfter(
      prepared,
      picked.filter((loss) => tears(loss) === (kind === "tears")),
      attempt(prepared, { on: "changes", at, fault }),
      (exit) => (Exit.isSuccess(exit) ? stops : ["before", ...stops]),
      labelOf(at, steps.changes, fault),
    )
  }
})

/** Where every single step fails once: the other scenarios are made of the same. */
const plainest: ReadonlySet<string> = new Set(["insert", "replace", "nothing new", "undo an insert"])

/** Tests that let everything go wrong in each scenario. */
export const testFaultsIn = (format: string): void => {
  describe(`${format}: whatever goes wrong, it is the state before or the state after`, () => {
    for (const scenario of scenarios) {
      it.live(
        scenario.name,
        () =>
          Effect.gen(function* () {
            const prepared = yield* prepare(format, scenario)
            const { changes, looks } = prepared.steps
            const flushes = scenario.everyLoss?.includes(format) === true
            const isPlain = format === "csv" && plainest.has(scenario.name)
            const sample = sampling(format, scenario.name)
            // Nothing failed, and what was answered with success is there to stay.
            yield* losingPower(prepared, changes.length + 1, (loss) => flushes || sample.at(4, loss))
            // From the end: a flush that isn't there shows the longer.
            for (let at = changes.length; at >= 1; at--) {
              const change = changes[at - 1]!
              const now = (every: number, ...kind: ReadonlyArray<string | number>) => sample.at(every, at, ...kind)
              const first = sample.first(change)
              if (first?.kind === "dies") yield* dying(prepared, at, first)
              else if (first !== null) yield* failing(prepared, at, "changes", first)
              for (const code of codes) {
                if (now(isPlain && code === "EIO" ? 1 : 30, "fails", code))
                  yield* failing(prepared, at, "changes", { kind: "fails", code })
                if (now(30, "keeps", code)) yield* failing(prepared, at, "changes", { kind: "keepsFailing", code })
              }
              if (now(8, "dies")) yield* dying(prepared, at, { kind: "dies" })
              if (/^(pour|write|writeAt|splice|removeTree) /.test(change) && now(6, "tears"))
                yield* dying(prepared, at, { kind: "tears" })
              // Where it may stop on its way, that is told apart by which of several names is lost.
              const isWay = scenario.stops !== undefined && /^(rename|fsyncDirectory) .*\/history/.test(change)
              const shows = (loss: string) => plainLosses.has(loss) || isWay
              yield* losingPower(prepared, at, (loss) => now(flushes && shows(loss) ? 1 : 40, loss))
            }
            for (let at = 1; at <= looks; at++) {
              if (sample.at(isPlain && scenario.name === "insert" ? 1 : 40, at, "look"))
                yield* failing(prepared, at, "looks", { kind: "fails", code: "EIO" })
            }
          }).pipe(Effect.scoped),
        { timeout: 600_000 },
      )
    }
  })
}

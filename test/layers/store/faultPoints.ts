import { assert } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Option, References } from "effect"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import type { DatasetStore } from "../../../src/services/DatasetStore.ts"
import { History } from "../../../src/services/History.ts"
import { type Fault, FaultyDisk, type Trap } from "../../fixtures/faultyDisk.ts"
import { Platter } from "../../fixtures/platter.ts"
import { fingerprintOf, lookAt, type Visible, visibleFiles } from "../../fixtures/storeState.ts"
import { act, datasetIn, storeAt } from "../../fixtures/store.ts"
import type { Loss } from "./losses.ts"
import { isTorture } from "./sampling.ts"
import { other, type Project, rollback, type Scenario, three } from "./scenarios.ts"

/** Nothing here needs a real disk, and memory is faster. */
const scratch = fs.existsSync("/dev/shm") ? "/dev/shm" : tmpdir()

let points = 0
let late = 0
export const countLate = () => void late++
/** To be printed at the end. */
export const tally = () => `${points} faults; ${late} times what could only go on was done, and told as failed\n`

/** One project, prepared once and taken back to that after each fault. */
export const prepare = Effect.fnUntraced(function* (format: string, scenario: Scenario) {
  const { setup, act: acting } = scenario
  const directory = yield* Effect.acquireRelease(
    Effect.sync(() => fs.realpathSync(fs.mkdtempSync(path.join(scratch, "openislands-faults-")))),
    (made) => Effect.sync(() => fs.rmSync(made, { recursive: true, force: true })),
  )
  const root = path.join(directory, "project")
  fs.mkdirSync(root)
  fs.writeFileSync(path.join(root, "manifest.json"), "{}")
  const platter = new Platter(root, path.join(directory, "shadow"))
  const disk = new FaultyDisk(platter, scenario.abroad === true ? path.join(root, "data") : null)
  const of = (name: string) => {
    const dataset = datasetIn(root, format, name)
    const source = dataset.source.replace("data", scenario.within ?? "data")
    return { ...dataset, source, file: path.join(root, source) }
  }
  const project: Project = { root, a: of("a"), b: of("b"), d: of("d") }
  const quiet = Layer.succeed(References.MinimumLogLevel, "None")
  const context = yield* Layer.build(Layer.mergeAll(storeAt(root, disk.layer), quiet))
  const on = <A, E>(effect: Effect.Effect<A, E, DatasetStore | History>): Effect.Effect<A, E> =>
    Effect.provide(effect, context)

  yield* on(setup(project))
  platter.settle()
  const look = on(lookAt(root))
  const walk = on(walkOf(project))
  const before = yield* look
  const keptBefore = keptIn(root)
  const walkBefore = yield* walk
  platter.restore()
  disk.arm(null)
  yield* on(acting(project))
  const steps = { changes: [...disk.changes], looks: disk.looks }
  const after = yield* look
  const spotless = fs
    .readdirSync(path.join(root, ".openislands/history"))
    .flatMap((id) =>
      fs
        .readdirSync(path.join(root, ".openislands/history", id))
        .filter((name) => !/^(plan.json|stamps.json|(before|after|keys)-\d+)$/.test(name)),
    )
  assert.deepStrictEqual(spotless, [], "left over in the history")
  const forgotten = fs.readdirSync(path.join(root, ".openislands/history")).filter((name) => name.startsWith("."))
  assert.deepStrictEqual(forgotten, [], "forgotten, and still there")
  const walkAfter = yield* walk
  const ends = new Map<string, Stop>([
    ["before", { seen: before, walked: walkBefore }],
    ["after", { seen: after, walked: walkAfter }],
  ])
  const stops: Array<string> = ["after"]
  for (const [at, stop] of (scenario.stops ?? []).entries()) {
    platter.restore()
    yield* on(stop(project))
    stops.push(`stop ${at}`)
    const seen = yield* look
    ends.set(`stop ${at}`, { seen, walked: yield* walk })
  }
  platter.restore()
  const known = new Map<string, string>()
  const tried = new Set<string>()
  const always = Object.keys(before.files)
    .filter((file) => !file.startsWith(".openislands") && file in after.files)
    .map((file) => path.join(root, file))
  return {
    root,
    platter,
    disk,
    project,
    on,
    look,
    walk,
    steps,
    ends,
    stops,
    known,
    tried,
    scenario,
    keptBefore,
    always,
  }
})

export interface Stop {
  readonly seen: Visible
  readonly walked: unknown
}
export type Prepared = Effect.Success<ReturnType<typeof prepare>>

/** The newest rollback turned and turned back, everything back, everything forth again, and one more sync: the bytes at each stop. */
const walkOf = Effect.fnUntraced(function* (project: Project) {
  const begin = visibleFiles(project.root)
  const stops: Array<typeof begin> = []
  const list = yield* History.use((one) => one.list)
  const newest = list.find(({ cause, undoneBy }) => cause.type === "rollback" && undoneBy === null)
  if (newest !== undefined) {
    const { checkpoint_id } = yield* rollback(newest.checkpoint_id)
    stops.push(visibleFiles(project.root))
    yield* rollback(checkpoint_id)
    assert.deepStrictEqual(visibleFiles(project.root), begin, `${newest.checkpoint_id} turned and turned back`)
  }
  const from = stops.push(begin) - 1
  const ids: Array<string> = []
  for (;;) {
    const undone = yield* rollback().pipe(Effect.result)
    if (undone._tag === "Failure") {
      if (undone.failure._tag !== "NothingToUndo") return yield* undone.failure
      break
    }
    ids.push(undone.success.checkpoint_id)
    stops.push(visibleFiles(project.root))
  }
  for (const [at, id] of [...ids.entries()].toReversed()) {
    yield* rollback(id)
    assert.deepStrictEqual(visibleFiles(project.root), stops[from + at], `redo of ${id}`)
  }
  yield* three(100)(project)
  yield* other(100)(project)
  // One that does nothing sweeps what another left.
  yield* act([])
  return { stops, last: visibleFiles(project.root) }
})

/** After re-opening, everything is at one of the ends; answers at which. */
export const settleAt = Effect.fnUntraced(function* (
  prepared: Prepared,
  label: string,
  allowed: ReadonlyArray<string>,
) {
  const { root, look, walk, ends, known, disk } = prepared
  disk.arm(null)
  const seen = yield* look.pipe(Effect.mapError((error) => new Error(`${label}: recovery: ${String(error)}`)))
  assert.deepStrictEqual(disk.missed, [], `${label}: a reader would have found no file`)
  const end = allowed.find((one) => equal(seen, ends.get(one)!.seen))
  if (end === undefined) {
    const other = [...ends].find(([, { seen: one }]) => equal(seen, one))
    const which = other === undefined ? "none that is known" : other[0]
    assert.deepStrictEqual(seen, ends.get(allowed[0]!)!.seen, `${label}: not ${allowed.join(" or ")} but ${which}`)
  }
  const left = [...fs.readdirSync(path.join(root, ".openislands/journal")), ...hidden(root)]
  assert.deepStrictEqual(left, [], `${label}: left over`)
  if (end === "before") assert.deepStrictEqual(keptIn(root), prepared.keptBefore, `${label}: left over in the history`)
  const fingerprint = fingerprintOf(root)
  if (known.get(fingerprint) !== end) {
    const walked = yield* walk.pipe(Effect.mapError((error) => new Error(`${label} (${end}): then: ${String(error)}`)))
    assert.deepStrictEqual(walked, ends.get(end!)!.walked, `${label} (${end}): undo and redo`)
    const staged = path.join(root, ".openislands/staging")
    assert.deepStrictEqual(fs.readdirSync(staged), [], `${label}: left over in staging/`)
    known.set(fingerprint, end!)
  }
  return end!
})

/** What the history holds. */
const keptIn = (root: string): ReadonlyArray<string> =>
  fs
    .readdirSync(path.join(root, ".openislands/history"), { recursive: true, encoding: "utf8" })
    .map((name) => name.replace(/^(\d+)-\w+/, "$1"))
    .toSorted()

/** Beside the data. */
const hidden = (root: string): ReadonlyArray<string> => {
  const data = path.join(root, "data")
  return fs.existsSync(data) ? fs.readdirSync(data).filter((name) => !/^([abd]\.\w+|all\.db)$/.test(name)) : []
}

export const equal = (a: Visible, b: Visible): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Fails with anything but a typed error of the disk. */
export const demandTyped = (label: string, exit: Exit.Exit<unknown, unknown>) => {
  if (Exit.isSuccess(exit)) return
  const error = Option.getOrNull(Cause.findErrorOption(exit.cause)) as { readonly _tag?: string } | null
  if (Cause.hasDies(exit.cause) || error?._tag !== "StoreFailed") {
    throw new Error(`${label}: not a typed error: ${Cause.pretty(exit.cause)}`)
  }
}

export const attempt = Effect.fnUntraced(function* (prepared: Prepared, trap: Trap | null) {
  const { platter, disk, on, scenario, project } = prepared
  platter.restore()
  disk.watch(prepared.always)
  disk.arm(trap)
  points++
  return yield* on(scenario.act(project)).pipe(Effect.exit)
})

/**
 * Loses power in some ways, each time after the same faults, which are as `arrive` tells; of ways that leave the same,
 * and could end the same, only the first is tried.
 */
export const losePowerAfter = Effect.fnUntraced(function* <A>(
  prepared: Prepared,
  ways: ReadonlyArray<Loss>,
  arrive: Effect.Effect<A, Error>,
  allowed: (arrived: A) => ReadonlyArray<string>,
  label: string,
) {
  const { platter, tried } = prepared
  let arrived: { readonly value: A } | null = null
  for (const { name, decide } of ways) {
    arrived ??= { value: yield* arrive }
    const ends = allowed(arrived.value)
    // What is random is never the same twice.
    if (!isTorture && !name.startsWith("seed")) {
      const key = `${ends.join()} ${platter.fingerprintAfter(decide)}`
      if (tried.has(key)) continue
      tried.add(key)
    }
    platter.losePower(decide)
    arrived = null
    yield* settleAt(prepared, `${label}, then power loss: ${name}`, ends)
  }
})

export const labelOf = (at: number, steps: ReadonlyArray<string>, fault: Fault) =>
  `${fault.kind}${"code" in fault ? ` ${fault.code}` : ""} at ${at}/${steps.length} (${steps[at - 1] ?? "all is done"})`

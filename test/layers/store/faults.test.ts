import { assert, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Option, References } from "effect"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, describe } from "vitest"
import { DatasetStore } from "../../../src/services/DatasetStore.ts"
import type { SourceDataset } from "../../../src/services/domain/Manifest.ts"
import { History } from "../../../src/services/History.ts"
import { type Code, type Fault, FaultyDisk, type Trap } from "../../fixtures/faultyDisk.ts"
import { type Decide, Platter, torn, zeroed } from "../../fixtures/platter.ts"
import { fingerprintOf, lookAt, type Visible, visibleFiles } from "../../fixtures/storeState.ts"
import { datasetAt, storeAt, sync } from "../../fixtures/store.ts"

/** Everything, instead of a sample that differs from format to format: `npm run torture`. */
const torture = process.env["TORTURE"] !== undefined

/** Nothing here needs a real disk, and memory is faster. */
const scratch = fs.existsSync("/dev/shm") ? "/dev/shm" : tmpdir()

interface Project {
  readonly root: string
  readonly a: SourceDataset
  readonly b: SourceDataset
  readonly d: SourceDataset
}

type Act<A = unknown> = (project: Project) => Effect.Effect<A, unknown, DatasetStore | History>

const rollback = (id: string | null = null, force = false) => History.use((one) => one.rollback(id, { force }))

const insert =
  (ids: ReadonlyArray<number>, n: number): Act =>
  ({ a }) =>
    sync({ datasets: { a }, writes: { a: { insert: ids.map((id) => ({ id, t: `row ${id}` })) } }, state: { n } })
const replace =
  (ids: ReadonlyArray<number>, n: number): Act =>
  ({ a }) =>
    sync({ datasets: { a }, writes: { a: { replace: ids.map((id) => ({ id, t: `new ${id}` })) } }, state: { n } })
const three =
  (from: number): Act =>
  ({ a, b, d }) =>
    sync({
      datasets: { a, b, d },
      writes: {
        a: { insert: [{ id: from, t: "a" }] },
        b: { replace: [{ k: `b${from}`, n: from }] },
        d: { insert: [{ x: from, y: null }] },
      },
      state: { from },
    })
/** Another connector, which shares `b` with the first. */
const other =
  (from: number): Act =>
  ({ b }) =>
    sync({ connector: "o", datasets: { b }, writes: { b: { insert: [{ k: `o${from}`, n: from }] } }, state: { from } })

const inTurn =
  (...acts: ReadonlyArray<Act>): Act =>
  (project) =>
    Effect.forEach(acts, (act) => act(project), { discard: true })
const undo: Act = () => rollback()
/** Rolls the newest rollback back. */
const redo: Act = () =>
  Effect.gen(function* () {
    const list = yield* History.use((one) => one.list)
    return yield* rollback(
      list.find(({ cause, undoneBy }) => cause.type === "rollback" && undoneBy === null)!.checkpoint_id,
    )
  })
const undoOldest: Act = () =>
  Effect.gen(function* () {
    const list = yield* History.use((one) => one.list)
    return yield* rollback(
      list.findLast(({ cause, undoneBy }) => cause.type === "sync" && undoneBy === null)!.checkpoint_id,
    )
  })

/** A file that the user brought, without an end of its last line. */
const brought: Act = ({ a }) =>
  Effect.sync(() => {
    fs.mkdirSync(path.dirname(a.file), { recursive: true })
    fs.writeFileSync(a.file, a.format === "csv" ? "t,id\nuser,1" : '{"id":1,"t":"user"}')
  })

interface Scenario {
  readonly name: string
  readonly setup: Act
  readonly act: Act
}

const scenarios: ReadonlyArray<Scenario> = [
  { name: "first insert", setup: () => Effect.void, act: insert([1, 2], 1) },
  { name: "insert", setup: insert([1, 2], 1), act: insert([3, 4], 2) },
  { name: "insert behind a missing line end", setup: brought, act: insert([3, 4], 2) },
  { name: "first replace", setup: () => Effect.void, act: replace([1], 1) },
  { name: "replace", setup: insert([1, 2], 1), act: replace([7], 2) },
  { name: "insert, replace and cursor over three outputs", setup: three(1), act: three(2) },
  { name: "first writes of three outputs", setup: () => Effect.void, act: three(1) },
  { name: "a column widens", setup: insert([1, 2], 1), act: insert([3.5], 2) },
  { name: "nothing new", setup: insert([1], 1), act: insert([], 1) },
  { name: "undo the first insert", setup: insert([1, 2], 1), act: undo },
  { name: "undo an insert", setup: inTurn(insert([1], 1), insert([2], 2)), act: undo },
  { name: "undo a replace", setup: inTurn(insert([1], 1), replace([2, 3], 2)), act: undo },
  { name: "undo three outputs", setup: inTurn(three(1), three(2)), act: undo },
  { name: "undo many", setup: inTurn(three(1), other(1), replace([9], 3), insert([10], 4), three(2)), act: undoOldest },
  { name: "redo an insert", setup: inTurn(insert([1], 1), insert([2], 2), undo), act: redo },
  { name: "redo a replace", setup: inTurn(insert([1], 1), replace([2, 3], 2), undo), act: redo },
  { name: "redo three outputs", setup: inTurn(three(1), three(2), undo), act: redo },
  { name: "redo many", setup: inTurn(three(1), other(1), replace([9], 3), insert([10], 4), undoOldest), act: redo },
  {
    name: "undo what was redone, and more",
    setup: inTurn(three(1), insert([5], 2), undo, insert([6], 3), undo, redo, other(1), three(2)),
    act: undoOldest,
  },
  {
    name: "prune",
    setup: inTurn(insert([1], 1), insert([2], 2), replace([3], 3), insert([4], 4)),
    act: ({ a }) =>
      sync({
        datasets: { a },
        writes: { a: { insert: [{ id: 5, t: "row 5" }] } },
        state: { n: 5 },
        retention: { checkpoints: 2, bytes: 1 << 30 },
      }),
  },
]

const seeded = (seed: number) => () => {
  // mulberry32
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

const atRandom = (seed: number): Decide => {
  const random = seeded(seed)
  return {
    keepsName: () => random() < 0.5,
    bytes: (safe, now) => [() => safe, zeroed, torn, () => null][Math.floor(random() * 4)]!(safe, now),
  }
}

const losses = (seed: number): ReadonlyArray<{ readonly name: string; readonly decide: Decide }> => [
  { name: "nothing unsafe is left", decide: { keepsName: () => false, bytes: (safe) => safe } },
  { name: "names are left, bytes are zeros", decide: { keepsName: () => true, bytes: zeroed } },
  { name: "names are left, bytes are torn", decide: { keepsName: () => true, bytes: torn } },
  { name: "names are left, bytes are not", decide: { keepsName: () => true, bytes: (safe) => safe } },
  { name: "bytes are left, names are not", decide: { keepsName: () => false, bytes: () => null } },
  ...[1, 2, 3, 4].map((n) => ({ name: `seed ${seed + n}`, decide: atRandom(seed + n) })),
]

let points = 0
let late = 0
afterAll(() => {
  process.stdout.write(`${points} faults; ${late} times a step after the commit failed\n`)
})

/** One project, prepared once and taken back to that after each fault. */
const prepare = Effect.fnUntraced(function* (format: string, { setup, act }: Scenario) {
  const directory = yield* Effect.acquireRelease(
    Effect.sync(() => fs.realpathSync(fs.mkdtempSync(path.join(scratch, "openislands-faults-")))),
    (made) => Effect.sync(() => fs.rmSync(made, { recursive: true, force: true })),
  )
  const root = path.join(directory, "project")
  fs.mkdirSync(root)
  fs.writeFileSync(path.join(root, "manifest.json"), "{}")
  const platter = new Platter(root, path.join(directory, "shadow"))
  const disk = new FaultyDisk(platter)
  const of = (name: string) => datasetAt(root, `data/${name}.${format}`)
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
  const walkBefore = yield* walk
  platter.restore()
  disk.arm(null)
  yield* on(act(project))
  const steps = { changes: [...disk.changes], looks: disk.looks }
  const after = yield* look
  const spotless = fs
    .readdirSync(path.join(root, ".openislands/history"))
    .flatMap((id) =>
      fs
        .readdirSync(path.join(root, ".openislands/history", id))
        .filter((name) => !/^(plan.json|stamps.json|(before|after)-\d+)$/.test(name)),
    )
  assert.deepStrictEqual(spotless, [], "left over in the history")
  const walkAfter = yield* walk
  platter.restore()
  const known = new Map<string, string>()
  const ends = { before: { seen: before, walked: walkBefore }, after: { seen: after, walked: walkAfter } }
  return { root, platter, disk, project, on, look, walk, steps, ends, known, act }
})
type Prepared = Effect.Success<ReturnType<typeof prepare>>

/** Everything back, everything forth again, and one more sync: the bytes at each stop. */
const walkOf = Effect.fnUntraced(function* (project: Project) {
  const stops = [visibleFiles(project.root)]
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
    assert.deepStrictEqual(visibleFiles(project.root), stops[at], `redo of ${id}`)
  }
  yield* three(100)(project)
  yield* other(100)(project)
  return { stops, last: visibleFiles(project.root) }
})

type End = "before" | "after"

/** After re-opening, everything is at one of the two ends; answers at which. */
const settleAt = Effect.fnUntraced(function* (prepared: Prepared, label: string, allowed: ReadonlyArray<End>) {
  const { root, look, walk, ends, known, disk } = prepared
  disk.arm(null)
  const seen = yield* look.pipe(Effect.mapError((error) => new Error(`${label}: recovery: ${String(error)}`)))
  const end = allowed.find((one) => equal(seen, ends[one].seen))
  if (end === undefined) {
    const which = (["before", "after"] as const).find((one) => equal(seen, ends[one].seen))
    if (which !== undefined) throw new Error(`${label}: it is the state ${which}, not ${allowed.join(" or ")}`)
    assert.deepStrictEqual(seen, ends[allowed[0]!].seen, `${label}: neither before nor after; against ${allowed[0]}`)
  }
  assert.deepStrictEqual(fs.readdirSync(path.join(root, ".openislands/journal")), [], `${label}: left over in journal/`)
  const fingerprint = fingerprintOf(root)
  if (known.get(fingerprint) !== end) {
    const walked = yield* walk.pipe(Effect.mapError((error) => new Error(`${label} (${end}): then: ${String(error)}`)))
    assert.deepStrictEqual(walked, ends[end!].walked, `${label} (${end}): undo and redo`)
    const staged = path.join(root, ".openislands/staging")
    assert.deepStrictEqual(fs.readdirSync(staged), [], `${label}: left over in staging/`)
    known.set(fingerprint, end!)
  }
  return end!
})

const equal = (a: Visible, b: Visible): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Fails with anything but a typed error of the disk. */
const demandTyped = (label: string, exit: Exit.Exit<unknown, unknown>) => {
  if (Exit.isSuccess(exit)) return
  const error = Option.getOrNull(Cause.findErrorOption(exit.cause)) as { readonly _tag?: string } | null
  if (Cause.hasDies(exit.cause) || error?._tag !== "StoreFailed") {
    throw new Error(`${label}: not a typed error: ${Cause.pretty(exit.cause)}`)
  }
}

const attempt = Effect.fnUntraced(function* (prepared: Prepared, trap: Trap | null) {
  const { platter, disk, on, act, project } = prepared
  platter.restore()
  disk.arm(trap)
  points++
  return yield* on(act(project)).pipe(Effect.exit)
})

const codes: ReadonlyArray<Code> = ["ENOSPC", "EIO", "EACCES"]
const either: ReadonlyArray<End> = ["before", "after"]
const labelOf = (at: number, steps: ReadonlyArray<string>, fault: Fault) =>
  `${fault.kind}${"code" in fault ? ` ${fault.code}` : ""} at ${at}/${steps.length} (${steps[at - 1]})`

const failing = Effect.fnUntraced(function* (prepared: Prepared, at: number, on: Trap["on"], fault: Fault) {
  const { steps, disk, look, ends, root } = prepared
  const label = on === "changes" ? labelOf(at, steps.changes, fault) : `${fault.kind} at look ${at}`
  const exit = yield* attempt(prepared, { on, at, fault })
  demandTyped(label, exit)
  if (fault.kind === "keepsFailing" && fault.code === "ENOSPC") {
    const seen = yield* look.pipe(Effect.mapError((error) => new Error(`${label}: on the full disk: ${String(error)}`)))
    const end = either.find((one) => equal(seen, ends[one].seen))
    if (end === undefined) assert.deepStrictEqual(seen, ends.before.seen, `${label}: on the full disk`)
  }
  disk.arm(null)
  if (fault.kind === "fails") {
    const staged = path.join(root, ".openislands/staging")
    if (fs.existsSync(staged) && !label.includes("removeTree"))
      assert.deepStrictEqual(fs.readdirSync(staged), [], `${label}: left over in staging/`)
  }
  const end = yield* settleAt(prepared, label, Exit.isSuccess(exit) ? ["after"] : either)
  if (Exit.isFailure(exit) && end === "after" && !equal(ends.before.seen, ends.after.seen)) late++
})

const dying = Effect.fnUntraced(function* (prepared: Prepared, at: number, fault: Fault) {
  const label = labelOf(at, prepared.steps.changes, fault)
  yield* attempt(prepared, { on: "changes", at, fault })
  yield* settleAt(prepared, label, either)
})

const losingPower = Effect.fnUntraced(function* (
  prepared: Prepared,
  at: number,
  fault: Fault,
  pick: (n: number) => boolean,
) {
  const { platter, steps } = prepared
  for (const [n, loss] of losses(at * 100).entries()) {
    if (!pick(n)) continue
    const label = `${labelOf(at, steps.changes, fault)}, then power loss: ${loss.name}`
    const exit = yield* attempt(prepared, { on: "changes", at, fault })
    platter.losePower(loss.decide)
    yield* settleAt(prepared, label, Exit.isSuccess(exit) ? ["after"] : either)
  }
})

for (const format of ["csv", "jsonl"]) {
  describe(`${format}: whatever goes wrong, it is the state before or the state after`, () => {
    for (const [number, scenario] of scenarios.entries()) {
      it.live(
        scenario.name,
        () =>
          Effect.gen(function* () {
            const prepared = yield* prepare(format, scenario)
            const salt = number + (format === "csv" ? 0 : 1)
            const { changes, looks } = prepared.steps
            for (let at = 1; at <= changes.length; at++) {
              for (const [n, code] of codes.entries()) {
                if (torture || (at + n + salt) % 3 === 0)
                  yield* failing(prepared, at, "changes", { kind: "fails", code })
                if (torture || (n < 2 && (at + n + salt) % 2 === 0))
                  yield* failing(prepared, at, "changes", { kind: "keepsFailing", code })
              }
              yield* dying(prepared, at, { kind: "dies" })
              if (/^(pour|write|writeAt|splice|removeTree) /.test(changes[at - 1]!))
                yield* dying(prepared, at, { kind: "tears" })
              yield* losingPower(prepared, at, { kind: "dies" }, (n) => torture || (n + at + salt) % 3 === 0)
            }
            // Nothing failed, and what was answered with success is there to stay.
            yield* losingPower(prepared, changes.length + 1, { kind: "dies" }, () => true)
            for (let at = 1; at <= looks; at++) {
              if (torture || (at + salt) % 3 === 0)
                yield* failing(prepared, at, "looks", { kind: "fails", code: "EIO" })
            }
          }).pipe(Effect.scoped),
        { timeout: torture ? 600_000 : 60_000 },
      )
    }
  })
}

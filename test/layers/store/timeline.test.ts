import { Effect } from "effect"
import { expect, it } from "vitest"
import { findTurn, foreseen } from "../../../src/layers/store/findTurn.ts"
import { newestInForce, timelineOf, turnBackTo } from "../../../src/layers/store/timeline.ts"
import { begunBy, type Plan } from "../../../src/layers/store/plan.ts"

const unit = (path: string) => ({ kind: "append", path, at: 0, bytes: 1, hash: "" }) as const
const plan = (id: string, files: ReadonlyArray<string>, toggles: Plan["toggles"] = null): Plan => ({
  version: 1,
  id,
  at: "",
  cause: { type: toggles === null ? "sync" : "rollback", connector: null, runId: null, action: null },
  datasets: {},
  upserted: {},
  connectors: [],
  names: {},
  formats: {},
  units: files.map(unit),
  toggles,
  steps: [],
  made: [],
  spent: [],
})
const ofConnector = (id: string, file: string, connectors: ReadonlyArray<string>): Plan => ({
  ...plan(id, [file]),
  cause: { type: "sync", connector: "c", runId: id, action: null },
  connectors,
})
const back = (id: string, target: string, undone: ReadonlyArray<string>, redone: ReadonlyArray<string> = []) =>
  plan(id, [], { target, undone, redone })
const undoneWith = (all: ReadonlyArray<Plan>, target: Plan) =>
  turnBackTo(all, timelineOf(all), target)!.undone.map(({ id }) => id)

it("a redo that was undone by an undo of the checkpoint itself is undone, too", () => {
  const plans = [plan("1", ["f"]), back("2", "1", ["1"]), back("3", "2", [], ["1"]), back("4", "1", ["1"])]
  expect(Object.fromEntries(timelineOf(plans))).toEqual({ 1: "4", 2: "3", 3: "4", 4: null })
  expect(newestInForce(plans, timelineOf(plans))).toBeNull()
})

it("a redo tells of all the rollbacks that it turns back", () => {
  const plans = [plan("1", ["f"]), plan("2", ["f"]), back("3", "2", ["2"]), back("4", "1", ["1"])]
  const of = (id: string) => foreseen(Effect.runSync(findTurn(plans, id)), begunBy)
  expect(of("3")).toMatchObject({ undone: ["3", "4"], redone: ["1", "2"] })
  expect(of("4")).toMatchObject({ undone: ["4"], redone: ["1"] })
})

it("a rollback of several stays in force while one of them is still as it left it", () => {
  const plans = [plan("1", ["f"]), plan("2", ["g"]), back("3", "1", ["1", "2"])]
  expect(Object.fromEntries(timelineOf([...plans, back("4", "3", [], ["1", "2"])]))).toMatchObject({ 3: "4" })
})

it("what came later on the same files goes with it, and on the files those touched; nothing else does", () => {
  const plans = [plan("1", ["f"]), plan("2", ["f", "g"]), plan("3", ["g"]), plan("4", ["h"])]
  const ids = (target: Plan) => turnBackTo(plans, timelineOf(plans), target)!.undone.map(({ id }) => id)
  expect(ids(plans[0]!)).toEqual(["3", "2", "1"])
  expect(ids(plans[2]!)).toEqual(["3"])
  expect(ids(plans[3]!)).toEqual(["4"])
})

it("types that were settled are not undone under rows that were written since", () => {
  const settle = { ...plan("2", ["contract"]), datasets: { a: { mode: "settle", rows: 0 } } } as const
  const insert = { ...plan("3", ["f"]), datasets: { a: { mode: "insert", rows: 1 } } } as const
  const { undone } = turnBackTo([plan("1", ["f"]), settle, insert], timelineOf([settle, insert]), settle)!
  expect(undone.map(({ id }) => id)).toEqual(["3", "2"])
})

it("a sync that leaves the cursor where it is still stands on it, and what moves it later stands on that sync", () => {
  const plans = [
    ofConnector("1", "f", ["c"]),
    ofConnector("2", "g", []),
    ofConnector("3", "h", []),
    ofConnector("4", "i", ["c"]),
  ]
  expect(undoneWith(plans, plans[0]!)).toEqual(["4", "3", "2", "1"])
  expect(undoneWith(plans, plans[1]!)).toEqual(["4", "3", "2"])
  // Of those that only read it none stands on another.
  expect(undoneWith(plans.slice(0, 3), plans[1]!)).toEqual(["2"])
})

it("rolling back a rollback undoes what was done on its files since, and brings back what it undid", () => {
  const plans = [plan("1", ["f"]), back("2", "1", ["1"]), plan("3", ["f"])]
  const { undone, redone } = turnBackTo(plans, timelineOf(plans), plans[1]!)!
  expect([undone.map(({ id }) => id), redone.map(({ id }) => id)]).toEqual([["3"], ["1"]])
})

const ofRun = (id: string, file: string, runId: string): Plan => ({
  ...plan(id, [file]),
  cause: { type: "sync", connector: "c", runId, action: null },
})

it("of a run's checkpoints all are undone, whichever is named, and all come back", () => {
  const plans = [ofRun("1", "f", "r"), plan("2", ["h"]), ofRun("3", "g", "r"), ofRun("4", "i", "s")]
  for (const target of [plans[0]!, plans[2]!]) expect(undoneWith(plans, target)).toEqual(["3", "1"])
  const undo = [...plans, back("5", "3", ["3", "1"])]
  const { redone } = turnBackTo(undo, timelineOf(undo), undo[4]!)!
  expect(redone.map(({ id }) => id)).toEqual(["1", "3"])
})

it("a run that has to go takes its earlier checkpoints along, and what stands on those", () => {
  const plans = [ofRun("1", "f", "r"), plan("2", ["f"]), ofRun("3", "g", "s"), ofRun("4", "g", "r"), plan("5", ["h"])]
  expect(undoneWith(plans, plans[2]!)).toEqual(["4", "3", "2", "1"])
})

it("a rollback is not turned back by going further back than it did", () => {
  const plans = [plan("1", ["f"]), ofRun("2", "g", "r"), back("3", "1", ["1"]), ofRun("4", "f", "r")]
  expect(turnBackTo(plans, timelineOf(plans), plans[2]!)).toBeNull()
})

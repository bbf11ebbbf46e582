import { assert, it } from "@effect/vitest"
import { turnedText } from "../../../src/programs/answers/rowWords.ts"
import type { Turned } from "../../../src/services/domain/Checkpoint.ts"

const nothing = { new: 0, changed: 0, removed: 0, checkpoints: 1, grown: 0, began: false, since: "00000001-aaaa" }
const said = (turned: Partial<Turned>) =>
  [false, true].map((isRedo) => turnedText({ ...nothing, ...turned }, isRedo, String))

it("an undo and a redo of one checkpoint tell what becomes of its rows, and that something was there before only if it was", () => {
  assert.deepEqual(said({ new: 1 }), ["1 row taken back", "1 row brought back"])
  assert.deepEqual(said({ new: 5, changed: 5 }), [
    "5 rows taken back, 5 put back",
    "5 rows brought back, 5 changed again",
  ])
  assert.deepEqual(said({ removed: 2 }), ["2 rows put back", "2 rows removed again"])
  assert.deepEqual(said({ new: 2, began: true, grown: 2 }), ["2 rows taken back", "2 rows brought back"])
  assert.deepEqual(said({ new: 2, removed: null, grown: null }), [
    "2 rows taken back, what was there before is back",
    "2 rows brought back, what was there is gone again",
  ])
  assert.deepEqual(said({}), ["its columns put back", "its columns changed again"])
})

it("what several checkpoints did is added up where no row counts twice; else it is by how many rows the dataset grew, if that is known", () => {
  const several = { checkpoints: 3 }
  assert.deepEqual(said({ ...several, new: 110, grown: 110 }), ["110 rows taken back", "110 rows brought back"])
  assert.deepEqual(said({ ...several, removed: 3, grown: -3 }), ["3 rows put back", "3 rows removed again"])
  assert.deepEqual(said({ ...several, new: 245, removed: 130, grown: 115, began: true }), [
    "115 rows taken back",
    "115 rows brought back",
  ])
  const back = "back to before 00000001-aaaa"
  assert.deepEqual(said({ ...several, new: 9, changed: 4, removed: 2, grown: 7 }), [
    `${back}, 7 rows fewer`,
    `${back}, 7 rows more`,
  ])
  assert.deepEqual(said({ ...several, new: 1, removed: 2, grown: -1 }), [`${back}, 1 row more`, `${back}, 1 row fewer`])
  for (const turned of [
    { new: 2, removed: 2, grown: 0 },
    { new: 220, changed: 5, removed: null, grown: null },
    { new: 2, removed: 2, grown: 0, began: true },
  ]) {
    assert.deepEqual(said({ ...several, ...turned }), [back, back])
  }
})

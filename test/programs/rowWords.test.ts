import { expect, it } from "vitest"
import { countsOf, turnedText, upsertedText } from "../../src/programs/answers/rowWords.ts"

const shown = (value: number): string => value.toLocaleString("en-US")

it.each([
  [{ new: 4, changed: 0, unchanged: 1 }, "4 new, 1 the same"],
  [{ new: 1, changed: 2000, unchanged: 3 }, "1 new, 2,000 changed, 3 the same"],
  [{ new: 0, changed: 2, unchanged: 0 }, "2 changed"],
  [{ new: 0, changed: 0, unchanged: 5 }, "5 the same"],
  // Where all are new, or none came, there is nothing to add.
  [{ new: 4, changed: 0, unchanged: 0 }, ""],
  [{ new: 0, changed: 0, unchanged: 0 }, ""],
])("of an upsert %o it says: %s", (counts, text) => expect(upsertedText(counts, shown)).toBe(text))

it("counts are told only where they say what became of every row", () => {
  const counts = { new: 2, changed: 1, unchanged: 1 }
  expect(countsOf({ plays: counts }, "plays", 4)).toBe(counts)
  // A run that replaced some of its rows, or an older record.
  expect(countsOf({ plays: counts }, "plays", 9)).toBeNull()
  expect(countsOf({}, "plays", 4)).toBeNull()
  expect(countsOf({}, "toString", 0)).toBeNull()
})

const one = { new: 0, changed: 0, removed: 0, checkpoints: 1, grown: null, began: false, since: "00000001-aaaa" }

it.each([
  [{ new: 4, changed: 1 }, "4 rows taken back, 1 put back", "4 rows brought back, 1 changed again"],
  [{ new: 1 }, "1 row taken back", "1 row brought back"],
  [{ changed: 1, removed: 2 }, "3 rows put back", "1 row changed again, 2 removed again"],
  [{ removed: 1 }, "1 row put back", "1 row removed again"],
  [
    { new: 1500, removed: null },
    "1,500 rows taken back, what was there before is back",
    "1,500 rows brought back, what was there is gone again",
  ],
  // Nothing was there before.
  [{ new: 2, began: true, grown: 2 }, "2 rows taken back", "2 rows brought back"],
  [{ removed: null }, "what was there before is back", "what was there is gone again"],
  [{}, "its columns put back", "its columns changed again"],
])("of %o an undo says: %s; and a redo: %s", (turned, undo, redo) => {
  expect(turnedText({ ...one, ...turned }, false, shown)).toBe(undo)
  expect(turnedText({ ...one, ...turned }, true, shown)).toBe(redo)
})

const back = "back to before 00000001-aaaa"

it.each([
  [{ new: 110, grown: 110 }, "110 rows taken back", "110 rows brought back"],
  [{ removed: 3, grown: -3 }, "3 rows put back", "3 rows removed again"],
  [{ new: 245, removed: 130, grown: 115, began: true }, "115 rows taken back", "115 rows brought back"],
  [{ new: 2, removed: 2, grown: 0, began: true }, back, back],
  // The same rows may have come, been changed and gone.
  [{ new: 9, changed: 4, removed: 2, grown: 7 }, `${back}, 7 rows fewer`, `${back}, 7 rows more`],
  [{ new: 1, removed: 2, grown: -1 }, `${back}, 1 row more`, `${back}, 1 row fewer`],
  [{ new: 2, removed: 2, grown: 0 }, back, back],
  [{ new: 220, changed: 5, removed: null }, back, back],
])("of %o of several checkpoints an undo says: %s; and a redo: %s", (turned, undo, redo) => {
  expect(turnedText({ ...one, checkpoints: 3, ...turned }, false, shown)).toBe(undo)
  expect(turnedText({ ...one, checkpoints: 3, ...turned }, true, shown)).toBe(redo)
})

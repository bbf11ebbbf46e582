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

it.each([
  [{ new: 4, changed: 1, removed: 0 }, "4 rows taken back, 1 put back", "4 rows brought back, 1 changed again"],
  [{ new: 1, changed: 0, removed: 0 }, "1 row taken back", "1 row brought back"],
  [{ new: 0, changed: 1, removed: 2 }, "3 rows put back", "1 row changed again, 2 removed again"],
  [{ new: 0, changed: 0, removed: 1 }, "1 row put back", "1 row removed again"],
  [
    { new: 1500, changed: 0, removed: null },
    "1,500 rows taken back, any that were there before put back",
    "1,500 rows brought back, any others gone again",
  ],
  [{ new: 0, changed: 0, removed: null }, "any that were there before put back", "any others gone again"],
  [{ new: 0, changed: 0, removed: 0 }, "its columns put back", "its columns changed again"],
])("of %o an undo says: %s; and a redo: %s", (turned, undo, redo) => {
  expect(turnedText(turned, false, shown)).toBe(undo)
  expect(turnedText(turned, true, shown)).toBe(redo)
})

import { assert, it } from "@effect/vitest"
import type { Checkpoint } from "../../../src/services/domain/Checkpoint.ts"
import { growthOf } from "../../../src/programs/dashboard/app/datasets/growthOf.ts"

const at = (
  n: number,
  mode: "insert" | "replace" | "upsert",
  rows: number,
  undoneBy: string | null = null,
): Checkpoint =>
  ({
    checkpoint_id: String(n),
    at: `2026-01-0${n}T00:00:00.000Z`,
    cause: { type: "sync", connector: "a", runId: String(n), action: null },
    datasets: { a: { mode, rows } },
    upserted: {},
    began: [],
    turned: {},
    undoneBy,
  }) satisfies Checkpoint

const growing = (...checkpoints: ReadonlyArray<Checkpoint>) => {
  const { isTotal, points } = growthOf(checkpoints.toReversed(), "a", null)
  return { isTotal, rows: points.map(({ rows }) => rows) }
}

it("growth adds up what is in force, from the last replace on, as long as each upsert says what it added", () => {
  const past = [
    at(1, "insert", 5),
    at(2, "insert", 3),
    at(3, "insert", 9, "7"),
    at(4, "replace", 2),
    at(5, "insert", 1),
  ]
  assert.deepEqual(growing(...past), { isTotal: true, rows: [5, 8, 2, 3] })
  assert.deepEqual(growing(at(1, "insert", 5), at(2, "upsert", 3)), { isTotal: false, rows: [5, 3] })
  const counted = { ...at(2, "upsert", 3), upserted: { a: { new: 1, changed: 1, unchanged: 1 } } }
  assert.deepEqual(growing(at(1, "insert", 5), counted, at(3, "insert", 2)), { isTotal: true, rows: [5, 6, 8] })
  assert.deepEqual(growing(at(1, "upsert", 5), counted), { isTotal: false, rows: [5, 3] })
  assert.deepEqual(growthOf(past, "b", null).points, [])
  // Rows that were there before the history that is kept.
  const { points } = growthOf([at(2, "insert", 3), at(1, "insert", 5)], "a", 108)
  assert.deepEqual(
    points.map(({ rows }) => rows),
    [105, 108],
  )
})

it("a dataset that is named like what every object has grows by what was written to it", () => {
  const other = at(1, "insert", 5)
  assert.deepEqual(growthOf([other], "constructor", null), { isTotal: true, points: [] })
  const own = { ...other, datasets: { constructor: { mode: "insert" as const, rows: 2 } } }
  assert.deepEqual(growthOf([own, other], "constructor", null).points, [{ at: other.at, rows: 2 }])
})

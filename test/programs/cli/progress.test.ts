import { assert, it } from "@effect/vitest"
import { UnderWay } from "../../../src/programs/cli/progress.ts"

it("a run that waits for another try says so until rows come", () => {
  const shown = new UnderWay()
  const run = { runId: "r", connector: "one" }
  const line = (text: string, stream = "log") => shown.on({ type: "line", ...run, stream, text })
  shown.on({ type: "started", ...run })
  line("hello")
  line("try 2 of 4 in 2 s: printed", "stdout")
  assert.deepEqual(shown.texts(), ["one  ..."])
  line("try 2 of 4 in 2 s: https://a.example/token answered 500")
  assert.deepEqual(shown.texts(), ["one  ... (waits)"])
  shown.on({ type: "progress", ...run, rows: { rows: 7 } })
  assert.deepEqual(shown.texts(), ["one  7 rows"])
  line("GET https://a.example/items answered 503: asked again in 1.5 s (3 of 4)")
  assert.deepEqual(shown.texts(), ["one  7 rows (waits)"])
})

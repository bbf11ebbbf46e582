import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetAt, storeAt, sync } from "../../fixtures/store.ts"

const rows = [{ id: 1, t: "x" }]

/** What a dataset holds after it was replaced with rows, and then with none. */
const emptied = (onEmpty: "clear" | "keep" | "fail", format: string) =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const a = datasetAt(root, `data/a.${format}`, { onEmpty })
    return yield* Effect.gen(function* () {
      yield* sync({ datasets: { a }, writes: { a: { replace: [] } } })
      yield* sync({ datasets: { a }, writes: { a: { replace: rows } } })
      const outcome = yield* sync({ datasets: { a }, writes: { a: { replace: [] } } }).pipe(Effect.result)
      return { outcome, text: readFileSync(a.file, "utf8") }
    }).pipe(Effect.provide(storeAt(root)))
  })

it.live("a replace with no rows clears the dataset and keeps its columns, unless onEmpty says otherwise", () =>
  Effect.gen(function* () {
    assert.strictEqual((yield* emptied("clear", "csv")).text, "id,t\n")
    assert.strictEqual((yield* emptied("clear", "jsonl")).text, "")
    for (const [format, text] of [
      ["csv", "id,t\n1,x\n"],
      ["jsonl", '{"id":1,"t":"x"}\n'],
    ] as const) {
      const kept = yield* emptied("keep", format)
      assert.strictEqual(kept.text, text)
      assert.deepInclude(kept.outcome, { _tag: "Success" })
      const failed = yield* emptied("fail", format)
      assert.strictEqual(failed.text, text)
      assert.isTrue(failed.outcome._tag === "Failure" && failed.outcome.failure._tag === "EmptyReplace")
    }
  }),
)

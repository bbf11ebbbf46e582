import { assert, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { writeFileSync } from "node:fs"
import * as path from "node:path"
import { click, dashboard, follow, see } from "../fixtures/dashboard.ts"
import { request } from "../fixtures/http.ts"
import { connector, manifest } from "../fixtures/journey.ts"

const noisy = connector().replace(
  "sync() {}",
  `async sync(ctx) {
    for (let n = 0; n < 1200; n++) ctx.log("line " + n)
    for (let n = 0; n < 3000; n++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      if (n % 5 === 0) ctx.log("tick " + n / 5)
    }
  }`,
)

const numbersOf = (log: string): ReadonlyArray<number> =>
  log.split("\n").map((line) => (line.startsWith("line ") ? Number(line.slice(5)) : 1200 + Number(line.slice(5))))

it.live("who comes to a run late, or back to its tab, sees the end of its log without a gap", () =>
  Effect.gen(function* () {
    const { page, origin, violations } = yield* dashboard({
      "manifest.json": manifest({ one: {} }),
      "connectors/one/index.ts": noisy,
    })
    const listening = request(origin, "/metrics").pipe(
      Effect.map(({ text }) => Number(/^openislands_event_clients (\d+)/m.exec(text)?.[1])),
    )
    const until = (count: number) =>
      listening.pipe(Effect.repeat({ until: (now) => now === count, schedule: Schedule.spaced("50 millis") }))
    const shows = (state: "hidden" | "visible") =>
      Effect.promise(() =>
        page.evaluate(`Object.defineProperty(document, "visibilityState", { value: "${state}", configurable: true })
          document.dispatchEvent(new Event("visibilitychange"))`),
      )
    const seesAll = Effect.fnUntraced(function* () {
      yield* see(page, "line 1199")
      const log = yield* Effect.promise(() => page.getByRole("log").innerText())
      const [first = 0, ...others] = numbersOf(log)
      assert.deepEqual(
        others,
        others.map((_, at) => first + at + 1),
      )
    })

    yield* click(page, "Sync now")
    yield* see(page, "tick 3")
    yield* seesAll()
    yield* Effect.promise(() => page.reload())
    yield* see(page, "tick 8")
    yield* seesAll()
    yield* until(1)
    yield* shows("hidden")
    yield* until(0)
    yield* shows("visible")
    yield* until(1)
    yield* seesAll()
    yield* click(page, "Cancel")
    yield* see(page, "The sync of one was cancelled.")
    assert.deepEqual(violations, [])
  }),
)

it.live("a dataset that cannot be read is not called empty, and a page that breaks takes no other one with it", () =>
  Effect.gen(function* () {
    const { page, root, open } = yield* dashboard({
      "manifest.json": JSON.stringify({
        datasets: { bad: { source: "bad.jsonl" }, good: { source: "good.csv" } },
      }),
      "good.csv": "a\n1\n",
      "bad.jsonl": '{"a":\n',
    })
    yield* open("datasets/bad")
    yield* see(page, /cannot be read/)
    assert.strictEqual(yield* Effect.promise(() => page.getByText("No rows").count()), 0)
    writeFileSync(path.join(root, "bad.jsonl"), '{"a":"mended"}\n')
    yield* see(page, "mended")

    yield* Effect.promise(() =>
      page.route("**/api/datasets/good/rows?*", (route) => route.fulfill({ json: { rows: [null], nextCursor: null } })),
    )
    yield* open("datasets/good")
    yield* see(page, "This page cannot be shown")
    yield* follow(page, "Datasets")
    yield* see(page, "good.csv")
  }),
)

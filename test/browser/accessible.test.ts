import { assert, it } from "@effect/vitest"
import axe from "axe-core"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { openislands } from "../fixtures/cli.ts"
import { dashboard } from "../fixtures/dashboard.ts"
import { connector, manifest } from "../fixtures/journey.ts"

const base = JSON.parse(manifest({ good: { schedule: "6h" }, bad: {}, poor: {}, broken: {} }))
const files = {
  "manifest.json": JSON.stringify({
    ...base,
    datasets: { ...base.datasets, asked: { sql: "asked.sql" } },
    actions: { add: { dataset: "good", mode: "insert" } },
  }),
  "asked.sql": "SELECT 1 AS a",
  "connectors/good/index.ts": connector().replace(
    "sync() {}",
    `async sync(ctx) { ctx.log("hello"); await ctx.insert("rows", [{ a: 1, b: null, "${"long".repeat(20)}": "x".repeat(300) }]) }`,
  ),
  "connectors/bad/index.ts": connector().replace("sync() {}", `sync() { throw new Error("no luck".repeat(40)) }`),
  "connectors/poor/index.ts": connector().replace("sync() {}", `secrets: ["${"POOR_".repeat(12)}KEY"], sync() {}`),
  "connectors/broken/index.ts": "export default {",
}

const pages = [
  "",
  "connectors/good",
  "connectors/bad",
  "datasets",
  "datasets/good",
  "datasets/asked",
  "history",
  "nowhere",
]

const findings = async (page: Page): Promise<ReadonlyArray<string>> => {
  await page.evaluate(axe.source)
  const { violations } = (await page.evaluate("axe.run()")) as axe.AxeResults
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)
}

it.live("no page keeps anybody out, light or dark, nor is wider than its window", () =>
  Effect.gen(function* () {
    const { page, root, open, violations } = yield* dashboard(files)
    for (const name of ["good", "good", "bad"]) yield* openislands(["sync", name], { cwd: root })
    for (const where of pages) {
      yield* open(where)
      yield* Effect.promise(async () => {
        await page.waitForLoadState("networkidle").catch(() => {})
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
          await page.waitForTimeout(200)
          assert.deepEqual(await findings(page), [], `${where} ${colorScheme}`)
        }
        for (const width of [360, 1440]) {
          await page.setViewportSize({ width, height: 800 })
          const needed = await page.evaluate("document.documentElement.scrollWidth")
          assert.isAtMost(Number(needed), width, where)
        }
      })
    }
    yield* open("datasets/good")
    yield* Effect.promise(async () => {
      await page.getByRole("button", { name: "add" }).click()
      await page.getByRole("button", { name: "Add the row" }).click()
      await page.getByText("this is needed").first().waitFor()
      await page.waitForTimeout(500)
      assert.deepEqual(await findings(page), [], "form")
      await page.keyboard.press("Escape")
    })
    yield* open("history")
    yield* Effect.promise(async () => {
      await page.getByRole("button", { name: /^Undo/ }).first().click()
      await page.getByRole("dialog").waitFor()
      await page.waitForTimeout(500)
      assert.deepEqual(await findings(page), [], "dialog")
    })
    assert.deepEqual(violations, [])
  }),
)

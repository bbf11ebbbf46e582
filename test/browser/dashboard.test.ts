import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { appendFileSync, existsSync, readFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import * as path from "node:path"
import { openislands } from "../fixtures/cli.ts"
import { click, dashboard, focused, follow, gone, see } from "../fixtures/dashboard.ts"
import { listen } from "../fixtures/http.ts"
import { connector, manifest } from "../fixtures/journey.ts"
import { temporaryProject } from "../fixtures/project.ts"

const syncing = (body: string): string => connector().replace("sync() {}", `async sync(ctx) { ${body} }`)

/** One connector, "one", whose sync does this. */
const one = (body: string): Record<string, string> => ({
  "manifest.json": manifest({ one: {} }),
  "connectors/one/index.ts": syncing(body),
})

/** Waits for a file, for a minute at most: how a test holds a sync where it wants it. */
const waiting = `for (let i = 0; i < 1200; i++) await new Promise((resolve) => setTimeout(resolve, 50))`

describe("connectors", () => {
  it.live("an empty project says what to do next, on each page", () =>
    Effect.gen(function* () {
      const { page, violations } = yield* dashboard({ "manifest.json": "{}" })
      yield* see(page, "No connectors yet")
      yield* see(page, "openislands new weather")
      yield* follow(page, "Datasets")
      yield* see(page, "No datasets yet")
      yield* follow(page, "History")
      yield* see(page, "Nothing has been written yet")
      yield* focused(page, "History")
      assert.deepEqual(violations, [])
    }),
  )

  it.live("a sync shows its log while it runs, in every tab, and its end", () =>
    Effect.gen(function* () {
      const { page, context, violations, open, root } = yield* dashboard(
        one(`ctx.log("page 1 of 9"); await new Promise((resolve) => setTimeout(resolve, 1500))
          await ctx.insert("rows", [{ a: 1 }, { a: 2 }]); ctx.log("page 9 of 9")`),
      )
      yield* see(page, "Never synced")
      const other = yield* Effect.promise(() => context.newPage())
      yield* open("connectors/one", other)
      yield* see(other, "It has not run yet")
      yield* click(page, "Sync now")
      yield* see(page, "page 1 of 9")
      yield* see(other, "page 1 of 9")
      yield* see(page, "one has synced 2 rows.")
      yield* see(page, "Synced")
      yield* see(other, "Success")
      yield* click(other, /^Log of the run/)
      yield* see(other, "page 9 of 9")
      assert.strictEqual(readFileSync(path.join(root, "data/one.csv"), "utf8"), "a\n1\n2\n")
      assert.deepEqual(violations, [])
    }),
  )

  it.live("a run is cancelled, and nothing is written", () =>
    Effect.gen(function* () {
      const { page, violations, root } = yield* dashboard(
        one(`await ctx.insert("rows", [{ a: 1 }]); ctx.log("begun"); ${waiting}`),
      )
      yield* click(page, "Sync now")
      yield* see(page, "begun")
      yield* click(page, "Cancel")
      yield* see(page, "The sync of one was cancelled.")
      yield* see(page, /^Sync now$/)
      assert.isFalse(existsSync(path.join(root, "data/one.csv")))
      assert.deepEqual(violations, [])
    }),
  )

  it.live("an earlier sync of another process, told of late, takes nothing from the one that is under way", () =>
    Effect.gen(function* () {
      const elsewhere = yield* temporaryProject(one(`await ctx.insert("rows", [{ a: 1 }])`))
      yield* openislands(["sync", "one"], { cwd: elsewhere })
      const records = ".openislands/runs/one.jsonl"
      const earlier = JSON.parse(readFileSync(path.join(elsewhere, records), "utf8"))
      const { page, origin, violations, root } = yield* dashboard(one(`ctx.log("begun"); ${waiting}`))
      const client = yield* listen(origin)
      const tellOf = (run: typeof earlier) => {
        appendFileSync(path.join(root, records), `${JSON.stringify(run)}\n`)
        return client.until((event) => event.type === "finished" && event.runId === run.runId)
      }
      yield* click(page, "Sync now")
      yield* see(page, "begun")
      yield* tellOf(earlier)
      yield* see(page, "one has synced 1 row.")
      yield* see(page, "begun")
      yield* click(page, "Cancel")
      yield* see(page, "The sync of one was cancelled.")
      yield* tellOf({ ...earlier, runId: earlier.runId.replace(/.{8}$/, "00000000") })
      yield* Effect.sleep("500 millis")
      yield* see(page, "The sync of one was cancelled.")
      assert.deepEqual(violations, [])
    }),
  )

  it.live("failures, drift and missing secrets say what to do; the rest goes on", () =>
    Effect.gen(function* () {
      const { page, violations } = yield* dashboard({
        "manifest.json": manifest({ good: {}, bad: {}, drifting: {}, poor: {}, broken: {} }),
        "connectors/good/index.ts": syncing(`await ctx.insert("rows", [{ a: 1 }])`),
        "connectors/bad/index.ts": syncing(`throw new Error("no luck")`),
        "connectors/drifting/index.ts": syncing(
          `await ctx.insert("rows", [ctx.state.n ? { a: 1, b: 2 } : { a: 1 }]); ctx.state.n = 1`,
        ),
        "connectors/poor/index.ts": connector().replace("sync() {}", `secrets: ["POOR_KEY"], sync() {}`),
        "connectors/broken/index.ts": "export default {",
      })
      yield* see(page, "POOR_KEY=")
      yield* see(page, "Does not load")
      yield* click(page, "Sync now", "bad")
      yield* see(page, /no luck/)
      yield* click(page, "Sync now", "drifting")
      yield* see(page, "drifting has synced 1 row.")
      yield* click(page, "Sync now", "drifting")
      yield* see(page, /new column "b"/)
      yield* see(page, /"onDrift": "evolve"/)
      yield* click(page, "Sync now", "good")
      yield* see(page, "good has synced 1 row.")
      yield* see(page, "4 of 5 need your attention.")
      assert.deepEqual(violations, [])
    }),
  )

  it.live("a broken manifest shows where it is broken, and what was there before", () =>
    Effect.gen(function* () {
      const { page, violations, root } = yield* dashboard(one(""))
      yield* see(page, "Never synced")
      yield* Effect.promise(() => writeFile(path.join(root, "manifest.json"), "{\n  oops"))
      yield* Effect.promise(() => page.evaluate(`document.dispatchEvent(new Event("visibilitychange"))`))
      yield* see(page, /manifest\.json:2:3/)
      yield* see(page, "Never synced")
      yield* Effect.promise(() => writeFile(path.join(root, "manifest.json"), manifest({ one: {} })))
      yield* Effect.promise(() => page.evaluate(`document.dispatchEvent(new Event("visibilitychange"))`))
      yield* gone(page, /manifest\.json:2:3/)
      assert.deepEqual(violations, [])
    }),
  )

  it.live("while the server is away the page says so, and goes on by itself when it is back", () =>
    Effect.gen(function* () {
      const { page, violations, server, serve } = yield* dashboard(one(`await ctx.insert("rows", [{ a: 1 }])`))
      yield* see(page, "Never synced")
      yield* server.stop("SIGTERM")
      yield* see(page, /The server does not answer/)
      yield* see(page, "Never synced")
      yield* serve
      yield* gone(page, /The server does not answer/)
      yield* click(page, "Sync now")
      yield* see(page, "one has synced 1 row.")
      assert.deepEqual(violations, [])
    }),
  )
})

describe("datasets and history", () => {
  it.live("an undo shows beforehand all that goes with it, and can be redone", () =>
    Effect.gen(function* () {
      const { page, violations, root, open } = yield* dashboard(
        one(`ctx.state.n = (ctx.state.n ?? 0) + 1; await ctx.insert("rows", [{ n: ctx.state.n }])`),
      )
      const file = () => readFileSync(path.join(root, "data/one.csv"), "utf8")
      for (let n = 0; n < 2; n++) yield* openislands(["sync", "one"], { cwd: root })
      yield* open("history")
      const refused: Array<string> = []
      page.on("response", (response) => void (response.ok() || refused.push(`${response.status()} ${response.url()}`)))
      yield* Effect.promise(() =>
        page
          .getByRole("button", { name: /^Undo Sync of one/ })
          .nth(1)
          .click(),
      )
      yield* see(page, "This is undone:")
      yield* see(page, "Also undone, as it builds on this or is part of the same sync:")
      yield* see(page, "2 rows taken back")
      assert.strictEqual(file(), "n\n1\n2\n")
      yield* click(page, "Cancel")
      yield* gone(page, "This is undone:")
      yield* focused(page, "Undo")

      yield* Effect.promise(() =>
        page
          .getByRole("button", { name: /^Undo Sync of one/ })
          .nth(1)
          .click(),
      )
      yield* click(page, "Undo 2 checkpoints")
      yield* see(page, "Done: 2 checkpoints undone.")
      // The list behind has been asked for anew by then, and with it all that is on screen.
      yield* Effect.promise(() =>
        page.getByRole("button", { name: /^Redo/, includeHidden: true }).waitFor({ state: "attached" }),
      )
      assert.notInclude(existsSync(path.join(root, "data/one.csv")) ? file() : "", "1")
      yield* click(page, "Close")
      yield* focused(page, "History")
      yield* click(page, /^Redo what was undone/)
      yield* see(page, "These are brought back:")
      yield* click(page, "Redo")
      yield* see(page, "Done: 2 checkpoints brought back.")
      assert.strictEqual(file(), "n\n1\n2\n")
      assert.deepEqual(refused, [])
      assert.deepEqual(violations, [])
    }),
  )

  it.live("an upsert is told by what was new, changed and the same, and its undo by what it takes and puts back", () =>
    Effect.gen(function* () {
      const { page, violations, root, open } = yield* dashboard({
        "manifest.json": manifest({ one: {} }),
        "connectors/one/index.ts": syncing(`
          const t = ctx.state.t === undefined ? "x" : "y"
          await ctx.upsert("rows", t === "x" ? [{ id: 1, t }, { id: 2, t }] : [{ id: 1, t: "x" }, { id: 2, t }, { id: 3, t }])
          ctx.state.t = t`).replace("rows: {}", `rows: { key: "id" }`),
      })
      yield* openislands(["sync", "one"], { cwd: root })
      yield* click(page, "Sync now")
      yield* see(page, "one has synced 3 rows (one: 1 new, 1 changed, 1 the same).")
      yield* open("connectors/one")
      yield* see(page, "one: 1 new, 1 changed, 1 the same")
      yield* open("history")
      yield* see(page, "1 row added, 1 changed, 1 the same")
      yield* see(page, "2 rows added")
      yield* Effect.promise(() =>
        page
          .getByRole("button", { name: /^Undo Sync of one/ })
          .first()
          .click(),
      )
      yield* see(page, "Your data afterwards:")
      yield* see(page, "1 row taken back, 1 put back")
      yield* click(page, "Undo 1 checkpoint")
      yield* see(page, "Done: 1 checkpoint undone.")
      // The same in the dialog and in the list behind it, where what stayed the same is no part of it either.
      yield* click(page, "Close")
      yield* gone(page, "Done: 1 checkpoint undone.")
      yield* see(page, "1 row taken back, 1 put back")
      assert.strictEqual(readFileSync(path.join(root, "data/one.csv"), "utf8"), "id,t\n1,x\n2,x\n")
      assert.deepEqual(violations, [])
    }),
  )

  it.live("a million rows are browsed a page at a time, to their end", () =>
    Effect.gen(function* () {
      const ids = Array.from({ length: 1_000_000 }, (_, index) => index + 1)
      const { page, violations, root, open } = yield* dashboard({
        "manifest.json": JSON.stringify({ datasets: { one: { source: "one.csv" } } }),
        "one.csv": `id\n${ids.join("\n")}\n`,
      })
      yield* open("datasets/one")
      yield* see(page, "Rows 1 to 100 of 1,000,000")
      yield* click(page, "Next")
      yield* see(page, "Rows 101 to 200 of 1,000,000")
      yield* Effect.promise(() => page.getByLabel("Go to row").fill("999950"))
      yield* Effect.promise(() => page.keyboard.press("Enter"))
      yield* see(page, "Rows 999,950 to 1,000,000 of 1,000,000")
      yield* Effect.promise(() => page.getByRole("cell", { name: "1000000", exact: true }).waitFor())
      for (const name of ["Next", "Last"]) {
        assert.isTrue(yield* Effect.promise(() => page.getByRole("button", { name, exact: true }).isDisabled()))
      }
      yield* click(page, "First")
      yield* see(page, "Rows 1 to 100 of 1,000,000")
      yield* click(page, "Last")
      yield* see(page, "Rows 999,901 to 1,000,000 of 1,000,000")
      // What is added is there at once, and counted.
      appendFileSync(path.join(root, "one.csv"), "1000001\n")
      yield* see(page, "of 1,000,001")
      assert.deepEqual(violations, [])
    }),
  )

  it.live("a sql dataset shows what its query answers, when it is asked", () =>
    Effect.gen(function* () {
      const { page, violations, root, open } = yield* dashboard({
        "manifest.json": JSON.stringify({ datasets: { one: { source: "one.csv" }, sums: { sql: "sums.sql" } } }),
        "one.csv": "n\n4\n5\n",
        "sums.sql": "SELECT sum(n) AS total FROM one",
      })
      yield* open("datasets/sums")
      yield* see(page, "sums.sql")
      yield* Effect.promise(() => page.getByRole("cell", { name: "9", exact: true }).waitFor())
      appendFileSync(path.join(root, "one.csv"), "6\n")
      yield* click(page, "Ask again")
      yield* Effect.promise(() => page.getByRole("cell", { name: "15", exact: true }).waitFor())
      assert.deepEqual(violations, [])
    }),
  )

  it.live("a form adds a row by hand, and says at the field what is wrong with it", () =>
    Effect.gen(function* () {
      const { page, violations, root, open } = yield* dashboard({
        "manifest.json": JSON.stringify({
          datasets: { notes: { source: "data/notes.csv" } },
          actions: {
            "add-note": {
              dataset: "notes",
              mode: "insert",
              description: "A note of your own",
              fields: { mood: { enum: ["good", "bad"] }, score: { min: 1, max: 10 } },
            },
          },
        }),
        "data/notes.csv": "constructor,mood,score\nfirst,good,3\n",
      })
      yield* open("datasets/notes")
      yield* click(page, "add-note")
      yield* see(page, "A note of your own")
      // Of a name that every object has something under: it begins empty all the same.
      assert.strictEqual(yield* Effect.promise(() => page.getByLabel("constructor").inputValue()), "")
      // All that is missing at once, and where the typing goes on.
      yield* click(page, "Add the row")
      yield* see(page, "this is needed")
      assert.strictEqual(yield* Effect.promise(() => page.getByText("this is needed").count()), 3)
      yield* Effect.promise(() => page.getByLabel("constructor").and(page.locator(":focus")).waitFor())
      yield* Effect.promise(async () => {
        await page.getByLabel("constructor").fill("second")
        await page.getByLabel("mood").selectOption("bad")
        await page.getByLabel("score").fill("11")
      })
      yield* click(page, "Add the row")
      yield* see(page, /expected .*10.*, got 11/)
      assert.strictEqual(
        readFileSync(path.join(root, "data/notes.csv"), "utf8"),
        "constructor,mood,score\nfirst,good,3\n",
      )
      yield* Effect.promise(() => page.getByLabel("score").fill("7"))
      yield* click(page, "Add the row")
      yield* gone(page, "A note of your own")
      yield* see(page, "1 row added.")
      yield* see(page, "second")
      assert.strictEqual(
        readFileSync(path.join(root, "data/notes.csv"), "utf8"),
        "constructor,mood,score\nfirst,good,3\nsecond,bad,7\n",
      )
      assert.deepEqual(violations, [])
    }),
  )
})

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { inject } from "vitest"
import { openislands } from "../fixtures/cli.ts"
import { inBothForms } from "../fixtures/journey.ts"
import { temporaryProject } from "../fixtures/project.ts"

const before = "id,day,kg,note\n1,2026-11-20,71.5,\n2,2026-11-21,72,fine\n"
const project = temporaryProject({
  "manifest.json": JSON.stringify({
    datasets: { weight: { source: "data/weight.csv" } },
    actions: {
      log_weight: {
        dataset: "weight",
        mode: "insert",
        description: "Note a weight",
        fields: { kg: { min: 30, max: 200 }, note: { default: "by hand" } },
      },
      forget: { dataset: "weight", mode: "delete" },
      correct: { dataset: "weight", mode: "update" },
    },
  }),
  "data/weight.csv": before,
})
const read = (root: string) => readFileSync(path.join(root, "data/weight.csv"), "utf8")

/** Once, as what it does is done then. */
const once = (root: string, ...args: ReadonlyArray<string>) =>
  openislands([...args, "--json"], { cwd: root }).pipe(
    Effect.map(({ code, stdout }) => ({ code, document: JSON.parse(stdout) as Record<string, any> })),
  )

describe("rows by hand, on the command line", () => {
  it.live("what can be written is listed", () =>
    Effect.gen(function* () {
      const { code, document, human } = yield* inBothForms<any>(["actions"], { cwd: yield* project })
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(Object.keys(document), ["actions"])
      assert.deepInclude(document.actions[0], { name: "log_weight", dataset: "weight", mode: "insert" })
      assert.match(human, /^log_weight {2}insert weight\n {2}Note a weight\n {2}id +integer, required\n/)
      assert.match(human, / {2}kg +number, required, at least 30, at most 200\n {2}note +string, default "by hand"\n/)
      assert.match(human, /\nforget {2}delete weight\n {2}takes --match \(the rows to remove\)\n {2}id +integer\n/)
      assert.match(human, /\ncorrect {2}update weight\n {2}takes --match \(.+\) and --set \(.+\)\n {2}id +integer\n/)
      assert.strictEqual(human.split("takes").length, 3)
    }),
  )

  it.live("rows come, change and go, and each of it can be undone", () =>
    Effect.gen(function* () {
      const root = yield* project
      const row = '{"id":3,"day":"2026-11-22","kg":72.5}'
      const added = yield* once(root, "action", "log_weight", "--row", row)
      assert.strictEqual(added.code, 0)
      const { checkpoint_id, ...rest } = added.document
      assert.deepStrictEqual(rest, { datasets: { weight: { mode: "insert", rows: 1 } } })
      assert.strictEqual(read(root), `${before}3,2026-11-22,72.5,by hand\n`)

      const changed = yield* once(
        root,
        "action",
        "correct",
        "--match",
        '{"note":"fine"}',
        "--set",
        '{"kg":70,"note":null}',
      )
      assert.deepStrictEqual(changed.document["datasets"], { weight: { mode: "update", rows: 1 } })
      const gone = yield* once(root, "action", "forget", "--match", '{"id":1}')
      assert.deepStrictEqual(gone.document["datasets"], { weight: { mode: "delete", rows: 1 } })
      assert.strictEqual(read(root), "id,day,kg,note\n2,2026-11-21,70,\n3,2026-11-22,72.5,by hand\n")

      const history = yield* openislands(["history"], { cwd: root })
      assert.match(history.stdout, /action forget {2}weight delete 1 row\n.*action correct {2}weight update 1 row\n/)
      const undone = yield* once(root, "rollback", checkpoint_id)
      assert.lengthOf(undone.document["undone"], 3)
      assert.strictEqual(read(root), before)
    }),
  )

  it.live("several calls in a file are one checkpoint", () =>
    Effect.gen(function* () {
      const root = yield* project
      const rows = [{ id: 3, day: "2026-11-22", kg: 72.5, note: null }]
      writeFileSync(path.join(root, "rows.json"), JSON.stringify(rows))
      assert.strictEqual((yield* once(root, "action", "log_weight", "--rows", "rows.json")).code, 0)
      const calls = [
        { action: "forget", match: { note: null } },
        { action: "log_weight", rows },
      ]
      writeFileSync(path.join(root, "calls.json"), JSON.stringify({ calls }))
      const done = yield* once(root, "action", "--calls", "calls.json")
      assert.deepStrictEqual(done.document["datasets"], { weight: { mode: "update", rows: 3 } })
      assert.strictEqual(read(root), "id,day,kg,note\n2,2026-11-21,72,fine\n3,2026-11-22,72.5,\n")
    }),
  )

  it.live("rows and calls come from stdin as well", () =>
    Effect.gen(function* () {
      const root = yield* project
      const piped = (input: string, ...args: ReadonlyArray<string>) => {
        const options = { cwd: root, input, encoding: "utf8" } as const
        const { status, stdout } = spawnSync(process.execPath, [inject("cli"), "action", ...args, "--json"], options)
        return { code: status, document: JSON.parse(stdout) as Record<string, any> }
      }
      const rows = `[{"id":9007199254740993,"day":"2026-11-22","kg":72.5,"note":"a\\nb"}]`
      assert.strictEqual(piped(rows, "log_weight", "--rows", "-").code, 0)
      assert.strictEqual(read(root), `${before}9007199254740993,2026-11-22,72.5,"a\nb"\n`)
      const calls = [{ action: "forget", match: { note: "a\nb" } }]
      const { document } = piped(`\uFEFF${JSON.stringify(calls)}`, "--calls", "-")
      assert.deepStrictEqual(document["datasets"], { weight: { mode: "delete", rows: 1 } })
      assert.strictEqual(read(root), before)
      const wrong = piped("[{", "log_weight", "--rows", "-")
      assert.strictEqual(wrong.code, 2)
      assert.match(wrong.document["error"].message, /--rows: stdin is not valid JSON/)
      const nothing = piped("", "--calls", "-")
      assert.deepStrictEqual([nothing.code, nothing.document["error"]._tag], [2, "UsageError"])
      assert.strictEqual(read(root), before)
    }),
  )

  it.live("rows that are refused are named, and where nothing matches that is said", () =>
    Effect.gen(function* () {
      const root = yield* project
      const bad = ["action", "log_weight", "--row", '{"id":3,"day":"2026-11-22","kg":7}', "--row", '{"id":4,"kg":70}']
      const { code, document, human } = yield* inBothForms<any>(bad, { cwd: root })
      assert.strictEqual(code, 1)
      assert.deepInclude(document.error, { _tag: "ActionRejected", more: 0 })
      assert.deepStrictEqual(
        document.error.problems.map(({ _tag, row, field }: any) => [_tag, row, field]),
        [
          ["ActionRowInvalid", 0, "kg"],
          ["ActionRowInvalid", 1, "day"],
        ],
      )
      assert.match(
        human,
        /error: row 1 of action "log_weight", field "kg": expected at least 30, got 7 \(and 1 more\)\n/,
      )
      const nothing = yield* inBothForms<any>(["action", "forget", "--match", '{"id":7}'], { cwd: root })
      assert.deepStrictEqual(nothing.document, {
        checkpoint_id: null,
        datasets: { weight: { mode: "delete", rows: 0 } },
      })
      assert.match(nothing.human, /^nothing matched/)
      assert.strictEqual(read(root), before)
    }),
  )

  it.live("wrong usage is told with the right one", () =>
    Effect.gen(function* () {
      const root = yield* project
      writeFileSync(path.join(root, "rows.json"), "[{]")
      writeFileSync(path.join(root, "calls.json"), '[{"action":"forget","macth":{"id":1}}]')
      for (const [args, message] of [
        [[], /which action\?.*\n.*openislands action <name>/],
        [["forget", "--match", "{id:1}"], /--match is not valid JSON.*\n.*'\{"id":1\}'/],
        [["log_weight", "--rows", "nowhere.json"], /cannot read nowhere.json \(ENOENT\)/],
        [["log_weight", "--rows", "rows.json"], /--rows: rows.json is not valid JSON/],
        [["log_weight", "--rows", "rows.json", "--row", "{}"], /the rows are given twice/],
        [["forget", "--calls", "calls.json"], /--calls goes without an action/],
        [["--calls", "calls.json"], /no list of calls/],
      ] as const) {
        const { code, document, human } = yield* inBothForms<any>(["action", ...args], { cwd: root })
        assert.strictEqual(code, 2, args.join(" "))
        assert.strictEqual(document.error._tag, "UsageError")
        assert.match(human, message)
      }
      assert.strictEqual(read(root), before)
    }),
  )
})

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { ActionCall } from "../../src/services/ActionService.ts"
import { DatasetStore } from "../../src/services/DatasetStore.ts"
import { History } from "../../src/services/History.ts"
import { actionProject, list, run } from "../fixtures/actions.ts"
import { datasetAt } from "../fixtures/store.ts"

const header = "id,day,kg,kind,at,done,note\n"
const line = "1,2026-11-20,71.5,run,2026-11-20T07:00:00Z,true,\n"
const manifest = {
  datasets: { log: { source: "data/log.csv" }, other: { source: "data/other.jsonl" } },
  actions: {
    add: {
      dataset: "log",
      mode: "insert",
      description: "Notes a day",
      fields: {
        day: { min: "2026-01-01", max: "2026-12-31", description: "The day" },
        kg: { min: 30, max: 200 },
        kind: { enum: ["run", "swim"], default: "run" },
        at: { min: "2026-01-01T00:00:00Z" },
        done: { default: false },
      },
    },
    rewrite: { dataset: "log", mode: "replace" },
    drop: { dataset: "log", mode: "delete" },
    correct: { dataset: "log", mode: "update", fields: { kg: { min: 30 } } },
    note: { dataset: "other", mode: "insert" },
  },
}
const project = actionProject(manifest, { "data/log.csv": header + line })
const good = { id: 2, day: "2026-11-21", kg: 72, at: "2026-11-21T07:00:00+01:00" }

const read = (root: string, file: string) => readFileSync(path.join(root, file), "utf8")
/** What a request of one call is refused for, as `part row field: expected / got`. */
const problemsOf = (call: ActionCall) =>
  run(call).pipe(
    Effect.flip,
    Effect.map((error) =>
      error._tag === "ActionRejected"
        ? error.problems.map(({ part, row, field, expected, got }) => `${part} ${row} ${field}: ${expected} / ${got}`)
        : [`${error._tag}: ${error.message}`],
    ),
  )

describe("the actions of a project", () => {
  it.live("are listed with the fields that their rows have: those of the contract, narrowed", () =>
    Effect.gen(function* () {
      const { layer } = yield* project
      const [add, rewrite, drop, correct, note] = yield* list.pipe(Effect.provide(layer))
      const nothing = { enum: null, min: null, max: null, default: null, required: true, description: null }
      assert.deepStrictEqual(add, {
        name: "add",
        dataset: "log",
        mode: "insert",
        description: "Notes a day",
        fields: [
          { ...nothing, name: "id", type: "integer" },
          { ...nothing, name: "day", type: "date", min: "2026-01-01", max: "2026-12-31", description: "The day" },
          { ...nothing, name: "kg", type: "number", min: 30, max: 200 },
          { ...nothing, name: "kind", type: "string", enum: ["run", "swim"], default: "run", required: false },
          { ...nothing, name: "at", type: "timestamp", min: "2026-01-01T00:00:00Z" },
          { ...nothing, name: "done", type: "boolean", default: false, required: false },
          { ...nothing, name: "note", type: "unknown", required: false },
        ],
        error: null,
      })
      assert.isTrue(rewrite!.fields.every(({ enum: values, min }) => values === null && min === null))
      // A match or a change is no whole row.
      assert.deepStrictEqual(
        [rewrite, drop, correct].map((action) => action!.fields.filter(({ required }) => required).length),
        [6, 0, 0],
      )
      assert.deepStrictEqual(note!.fields, [])
    }),
  )

  it.live("are listed although a dataset cannot be read, which is told", () =>
    Effect.gen(function* () {
      const { root, layer } = yield* project
      writeFileSync(path.join(root, "data/log.csv"), '"never closed')
      const actions = yield* list.pipe(Effect.provide(layer))
      assert.lengthOf(actions, 5)
      assert.deepInclude(actions[0]!.error, { _tag: "DatasetMalformed" })
      assert.isNull(actions[4]!.error)
    }),
  )

  it.live("write rows with their defaults, as a checkpoint that can be undone", () =>
    Effect.gen(function* () {
      const { root, layer } = yield* project
      yield* Effect.gen(function* () {
        const done = yield* run({
          action: "add",
          rows: [good, { ...good, id: 3, kind: "swim", done: true, note: "x" }],
        })
        assert.deepStrictEqual(done.datasets, { log: { mode: "insert", rows: 2 } })
        const written =
          "2,2026-11-21,72,run,2026-11-21T07:00:00+01:00,false,\n3,2026-11-21,72,swim,2026-11-21T07:00:00+01:00,true,x\n"
        assert.strictEqual(read(root, "data/log.csv"), header + line + written)
        const [checkpoint] = yield* History.use((history) => history.list)
        assert.deepInclude(checkpoint!.cause, { type: "action", action: "add" })
        yield* History.use((history) => history.rollback(null, { force: false }))
        assert.strictEqual(read(root, "data/log.csv"), header + line)
      }).pipe(Effect.provide(layer))
    }),
  )

  it.live("are one transaction and one checkpoint together, and see what those before them did", () =>
    Effect.gen(function* () {
      const { root, layer } = yield* project
      yield* Effect.gen(function* () {
        const done = yield* run(
          { action: "drop", match: { id: 1 } },
          { action: "add", rows: [good, { ...good, id: 3 }] },
          { action: "correct", match: { id: 3 }, set: { kg: 90.5, note: "late" } },
          { action: "note", rows: [{ text: "corrected" }] },
        )
        assert.deepStrictEqual(done.datasets, { log: { mode: "update", rows: 3 }, other: { mode: "insert", rows: 1 } })
        assert.strictEqual(
          read(root, "data/log.csv"),
          `${header}2,2026-11-21,72,run,2026-11-21T07:00:00+01:00,false,\n3,2026-11-21,90.5,run,2026-11-21T07:00:00+01:00,false,late\n`,
        )
        const checkpoints = yield* History.use((history) => history.list)
        assert.deepStrictEqual(
          checkpoints.map(({ cause }) => cause.action),
          ["drop, add, correct, note"],
        )
        yield* History.use((history) => history.rollback(null, { force: false }))
        assert.strictEqual(read(root, "data/log.csv"), header + line)
        assert.isFalse(existsSync(path.join(root, "data/other.jsonl")))
      }).pipe(Effect.provide(layer))
    }),
  )

  it.live("answer without a checkpoint where nothing matches", () =>
    Effect.gen(function* () {
      const { layer } = yield* project
      const done = yield* run({ action: "drop", match: { kind: "swim" } }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(done, { checkpoint_id: null, datasets: { log: { mode: "delete", rows: 0 } } })
    }),
  )
})

describe("a bad row", () => {
  const bad: ReadonlyArray<readonly [string, object, string]> = [
    [
      "a column that isn't there",
      { ...good, Kg: 5 },
      `rows 0 Kg: one of the columns id, day, kg, kind, at, done, note (did you mean "kg"?) / another column`,
    ],
    ["a value of another type", { ...good, id: "2" }, 'rows 0 id: a whole number / "2"'],
    ["a number that is not whole", { ...good, id: 2.5 }, "rows 0 id: a whole number / 2.5"],
    ["digits that were lost on the way", { ...good, id: 2 ** 53 }, "rows 0 id: a whole number / 9007199254740992"],
    ["a value that isn't listed", { ...good, kind: "fly" }, 'rows 0 kind: one of "run", "swim" / "fly"'],
    ["a number that is too small", { ...good, kg: 29.9 }, "rows 0 kg: at least 30 / 29.9"],
    ["a number that is too large", { ...good, kg: 201 }, "rows 0 kg: at most 200 / 201"],
    ["a date that is too early", { ...good, day: "2025-12-31" }, 'rows 0 day: at least "2026-01-01" / "2025-12-31"'],
    ["a date that is too late", { ...good, day: "2027-01-01" }, 'rows 0 day: at most "2026-12-31" / "2027-01-01"'],
    ["no date", { ...good, day: "2026-02-30" }, 'rows 0 day: a date such as "2026-01-31" / "2026-02-30"'],
    [
      "a moment that is too early, in another zone",
      { ...good, at: "2026-01-01T00:30:00+01:00" },
      'rows 0 at: at least "2026-01-01T00:00:00Z" / "2026-01-01T00:30:00+01:00"',
    ],
    ["a field that is missing", { day: good.day, kg: 72, at: good.at }, "rows 0 id: a whole number / nothing"],
    ["null where there has never been any", { ...good, id: null }, "rows 0 id: a whole number / null"],
    ["half a character", { ...good, note: "\ud800" }, "rows 0 note: well-formed text / a lone surrogate"],
  ]
  it.live.each(bad)("%s", ([, row, problem]) =>
    Effect.gen(function* () {
      const { root, layer } = yield* project
      yield* Effect.gen(function* () {
        assert.deepStrictEqual(yield* problemsOf({ action: "add", rows: [row] }), [problem])
        // In the company of a good one.
        assert.deepStrictEqual(yield* problemsOf({ action: "add", rows: [good, row, good] }), [
          problem.replace("rows 0", "rows 1"),
        ])
        assert.strictEqual(read(root, "data/log.csv"), header + line)
        assert.deepStrictEqual(yield* History.use((history) => history.list), [])
      }).pipe(Effect.provide(layer))
    }),
  )

  it.live("is told with the first others, and how many more there are", () =>
    Effect.gen(function* () {
      const { layer } = yield* project
      const rows = Array.from({ length: 50 }, (_, at) => (at % 2 === 0 ? good : { ...good, kg: -at, kind: "x" }))
      const error = yield* run({ action: "add", rows }).pipe(Effect.flip, Effect.provide(layer))
      if (error._tag !== "ActionRejected") return assert.fail(error.message)
      assert.deepStrictEqual(
        error.problems.map(({ row, field }) => `${row} ${field}`),
        Array.from({ length: 20 }, (_, at) => `${2 * at + 1} kg`),
      )
      assert.strictEqual(error.more, 5)
      assert.match(error.message, /row 2 of action "add", field "kg": expected at least 30, got -1 \(and 24 more\)/)
      assert.match(error.suggestion, /^Nothing was written\. Correct/)
    }),
  )

  it.live("refuses all calls of its request, also those for other datasets", () =>
    Effect.gen(function* () {
      const { root, layer } = yield* project
      const error = yield* run(
        { action: "note", rows: [{ text: "x" }] },
        { action: "add", rows: [good] },
        { action: "correct", match: { id: 1, kilo: 2 }, set: { kg: 20 } },
      ).pipe(Effect.flip, Effect.provide(layer))
      if (error._tag !== "ActionRejected") return assert.fail(error.message)
      assert.deepStrictEqual(
        error.problems.map(({ action, call, part, row, field }) => [action, call, part, row, field]),
        [
          ["correct", 2, "match", null, "kilo"],
          ["correct", 2, "set", null, "kg"],
        ],
      )
      assert.strictEqual(read(root, "data/log.csv"), header + line)
      assert.isFalse(existsSync(path.join(root, "data/other.jsonl")))
    }),
  )

  it.live("that only the table refuses is told by its action, row and field as well", () =>
    Effect.gen(function* () {
      const { root, layer } = yield* actionProject({
        datasets: { t: { source: "data/t.db", table: "t" } },
        actions: { add: { dataset: "t", mode: "insert" }, move: { dataset: "t", mode: "update" } },
      })
      const file = path.join(root, "data/t.db")
      mkdirSync(path.dirname(file))
      {
        using db = new DatabaseSync(file)
        db.exec("CREATE TABLE t (id INTEGER UNIQUE, t TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b')")
      }
      yield* Effect.gen(function* () {
        const error = yield* run(
          { action: "add", rows: [{ id: 3, t: "c" }] },
          {
            action: "add",
            rows: [
              { id: 4, t: "d" },
              { id: 1, t: "e" },
            ],
          },
        ).pipe(Effect.flip)
        if (error._tag !== "ActionRejected") return assert.fail(error.message)
        const [problem] = error.problems
        assert.deepInclude(problem, { action: "add", call: 1, part: "rows", row: 1, field: "id" })
        assert.match(problem!.got, /UNIQUE/)
        assert.match(
          (yield* problemsOf({ action: "move", match: { id: 2 }, set: { id: 1 } })).join(),
          /^set null id: .*UNIQUE/,
        )
        using db = new DatabaseSync(file)
        assert.strictEqual(db.prepare("SELECT count(*) AS n FROM t").get()!["n"], 2)
      }).pipe(Effect.provide(layer))
    }),
  )
})

describe("a call that makes no sense", () => {
  const calls: ReadonlyArray<readonly [string, ReadonlyArray<ActionCall>, RegExp]> = [
    ["of nothing", [], /there are no calls/],
    [
      "of an action that isn't there",
      [{ action: "ad", rows: [] }],
      /UnknownAction.*no action "ad".*Did you mean "add"/,
    ],
    ["of every row", [{ action: "drop", match: {} }], /an empty "match" would concern every row/],
    ["that sets nothing", [{ action: "correct", match: { id: 1 }, set: {} }], /"set" is empty.*Name the columns/],
    ["without rows", [{ action: "add" }], /"rows" is missing.*It takes "rows"/],
    ["without a match", [{ action: "correct", set: { id: 1 } }], /"match" is missing/],
    [
      "with what its mode doesn't take",
      [{ action: "drop", match: { id: 1 }, rows: [] }],
      /mode is delete, which takes no "rows"/,
    ],
    ["with rows that are no list", [{ action: "add", rows: good }], /"rows" must be a list of rows, not an object/],
    ["with a match that is no object", [{ action: "drop", match: [1] }], /"match" must be an object, not an array/],
  ]
  it.live.each(calls)("%s is refused, with the next step", ([, given, message]) =>
    Effect.gen(function* () {
      const { layer } = yield* project
      const error = yield* run(...given).pipe(Effect.flip, Effect.provide(layer))
      assert.match(`${error._tag}: ${error.message}. ${error.suggestion}`, message)
      assert.match(error.suggestion, /^Nothing was written\. [A-Z]/)
    }),
  )

  it.live("as its action has a problem in the manifest points there", () =>
    Effect.gen(function* () {
      const { layer } = yield* actionProject({
        datasets: { log: { source: "data/log.csv" } },
        actions: { add: { dataset: "log", mode: "insret" } },
      })
      const error = yield* run({ action: "add", rows: [] }).pipe(Effect.flip, Effect.provide(layer))
      assert.deepInclude(error, { _tag: "UnknownAction", isBroken: true })
      assert.match(error.suggestion, /openislands validate/)
    }),
  )

  it.live("as its dataset has a problem in the manifest points there, and to no action of a like name", () =>
    Effect.gen(function* () {
      const { layer } = yield* actionProject({
        datasets: { log: { source: "data/log.txt" }, logs: { source: "data/logs.csv" } },
        actions: { add: { dataset: "log", mode: "insert" }, adds: { dataset: "logs", mode: "insert" } },
      })
      const error = yield* run({ action: "add", rows: [] }).pipe(Effect.flip, Effect.provide(layer))
      assert.deepInclude(error, { _tag: "UnknownAction", isBroken: true, didYouMean: null })
    }),
  )

  it.live("as its databases are two is refused before anything is opened", () =>
    Effect.gen(function* () {
      const { root, layer } = yield* actionProject({
        datasets: { a: { source: "data/a.db", table: "a" }, b: { source: "data/b.db", table: "b" } },
        actions: { a: { dataset: "a", mode: "insert" }, b: { dataset: "b", mode: "insert" } },
      })
      const rows = [{ id: 1 }]
      const error = yield* run({ action: "a", rows }, { action: "b", rows }).pipe(Effect.flip, Effect.provide(layer))
      assert.match(error.message, /two databases, data\/a\.db and data\/b\.db/)
      assert.isFalse(existsSync(path.join(root, "data")))
    }),
  )
})

const columns = (root: string) =>
  DatasetStore.use((store) => store.contract(datasetAt(root, "data/a.csv"))).pipe(
    Effect.map((contract) =>
      contract?.columns.map(({ name, type, optional }) => `${name} ${type}${optional ? "?" : ""}`),
    ),
  )

describe("an empty dataset", () => {
  const fields = { day: { type: "string" }, n: { type: "number", min: 0 }, more: {}, j: { type: "json" } }
  const declared = {
    datasets: { a: { source: "data/a.csv" } },
    actions: {
      add: { dataset: "a", mode: "insert", fields },
      drop: { dataset: "a", mode: "delete", fields },
      open: { dataset: "a", mode: "insert" },
    },
  }
  it.live("gets the columns and types that the action's fields say, where they say one", () =>
    Effect.gen(function* () {
      const { root, layer } = yield* actionProject(declared)
      yield* Effect.gen(function* () {
        const first = (yield* list)[0]!
        assert.deepStrictEqual(
          first.fields.map(({ name, type, required }) => [name, type, required]),
          [
            ["day", "string", false],
            ["n", "number", false],
            ["more", "unknown", false],
            ["j", "json", false],
          ],
        )
        yield* run({ action: "add", rows: [{ n: 1, day: "2026-11-23", more: "x" }] })
        assert.deepStrictEqual(yield* columns(root), ["day string", "n number", "more string", "j json?"])
        assert.strictEqual(read(root, "data/a.csv"), "day,n,more,j\n2026-11-23,1,x,\n")
        // From now on its columns are those of the contract.
        assert.deepStrictEqual(yield* problemsOf({ action: "add", rows: [{ n: 1, day: "2026-11-23" }] }), [
          "rows 0 more: a text / nothing",
        ])
      }).pipe(Effect.provide(layer))
    }),
  )

  it.live("takes no other columns than those, and any where the action names none", () =>
    Effect.gen(function* () {
      const { root, layer } = yield* actionProject(declared)
      yield* Effect.gen(function* () {
        assert.match(
          (yield* problemsOf({ action: "add", rows: [{ m: 1 }] })).join(),
          /^rows 0 m: one of the columns day/,
        )
        assert.match((yield* problemsOf({ action: "add", rows: [{ n: -1 }] })).join(), /^rows 0 n: at least 0/)
        assert.match((yield* problemsOf({ action: "drop", match: { m: 1 } })).join(), /^match null m: /)
        const nothing = yield* run({ action: "drop", match: { n: 1 } })
        assert.deepStrictEqual(nothing, { checkpoint_id: null, datasets: { a: { mode: "delete", rows: 0 } } })
        assert.isUndefined(yield* columns(root))
        assert.match(
          (yield* problemsOf({ action: "open", rows: [{ ok: 1, "": 2 }] })).join(),
          /^rows 0 : .*a column name/,
        )
        assert.match(
          (yield* problemsOf({ action: "open", rows: [{ x: 1 }, { X: 2 }] })).join(),
          /^rows 1 X: .*than case/,
        )
        yield* run({ action: "open", rows: [{ x: 1 }, { y: "2026-11-23" }] })
        assert.deepStrictEqual(yield* columns(root), ["x integer?", "y date?"])
      }).pipe(Effect.provide(layer))
    }),
  )
})

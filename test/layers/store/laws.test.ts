import { assert, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Option, References, Stream } from "effect"
import fc from "fast-check"
import * as fs from "node:fs"
import * as path from "node:path"
import { describe } from "vitest"
import { DatabaseSync } from "node:sqlite"
import { DatasetStore } from "../../../src/services/DatasetStore.ts"
import { History } from "../../../src/services/History.ts"
import type { Edit } from "../../../src/services/domain/Edits.ts"
import type { SourceDataset } from "../../../src/services/domain/Manifest.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { visibleFiles } from "../../fixtures/storeState.ts"
import { layoutOf } from "../../fixtures/layouts.ts"
import { act, datasetAt, open, storeAt, sync, type Write } from "../../fixtures/store.ts"

const torture = process.env["TORTURE"] !== undefined

type Sources = Readonly<Record<string, string>>

/** Three connectors share three datasets; what each writes follows from its cursor alone. Behind a # is a table. */
const families: Readonly<Record<string, { readonly sources: Sources; readonly runs: number }>> = {
  "csv and jsonl": { sources: { a: "data/a.csv", b: "data/b.jsonl", c: "data/deep/c.csv" }, runs: 25 },
  "json and csv": { sources: { a: "data/a.json", b: "data/b.csv", c: "data/deep/c.json" }, runs: 15 },
  tables: { sources: { a: "data/x.db#a", b: "data/x.db#b", c: "data/x.db#c" }, runs: 15 },
  "Parquet, a table and json": { sources: { a: "data/a.parquet", b: "data/x.db#b", c: "data/c.json" }, runs: 6 },
}
const connectors: Readonly<Record<string, ReadonlyArray<string>>> = { p: ["a", "b"], q: ["b", "c"], r: ["a", "b", "c"] }

interface Row {
  readonly [column: string]: unknown
  readonly id: number
  readonly v: string | null
}

/** What the provider of a connector has for it at one cursor; no other has a row of these ids. */
const provided = (
  connector: string,
  n: number,
): Readonly<Record<string, Write & { readonly rows: ReadonlyArray<Row> }>> =>
  Object.fromEntries(
    connectors[connector]!.map((output, at) => {
      const dice = (n * 7 + connector.charCodeAt(0) * 3 + at * 5) % 13
      const first = (connector.charCodeAt(0) - 111) * 100_000 + at * 10
      const rows = Array.from({ length: dice % 4 }, (_, row): Row => ({
        // What is upserted may be there since the sync before.
        id: first + (dice > 10 && row % 2 === 0 ? n - 1 : n) * 100 + row + (dice === 9 ? 0.5 : 0),
        v: dice % 3 === 0 ? null : `${connector}${n}, "${row}"`,
      }))
      const write = dice > 10 ? { upsert: rows } : dice > 7 ? { replace: rows } : { insert: rows }
      return [output, { rows, ...write }] as const
    }),
  )

const layout = (source: string) => layoutOf(source, ["id", "v"])

type Bytes = Readonly<Record<string, string>>
const modeless = (files: Bytes): Bytes =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [name, text.replace(/^\d+ /, "")]))

interface Entry {
  readonly id: string
  /** Whatever changes data by itself, or turns what did. */
  readonly kind: "sync" | "rollback"
  readonly before: Bytes
  /** Files that a sync changed; of a rollback, none. */
  readonly touched: ReadonlySet<string>
  readonly toggled: ReadonlyArray<string>
  /** Which syncs were in force just before it. */
  readonly forceBefore: ReadonlySet<string>
  readonly edits: number
  /** Of a sync. */
  readonly run: string
}

/** Snapshots of every file before every checkpoint, and which are in force: all there is to know. */
/** Null when there is no such table. */
const rowsOfTable = (file: string, table: string): ReadonlyArray<Row> | null => {
  if (!fs.existsSync(file)) return null
  using db = new DatabaseSync(file)
  if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(table) === undefined) return null
  return db.prepare(`SELECT id, v FROM "${table}" ORDER BY rowid`).all() as unknown as ReadonlyArray<Row>
}

class Model {
  entries: Array<Entry> = []
  inForce = new Set<string>()
  /** When a file was last written by hand: the same bytes, or more of them. */
  readonly touchedAt = new Map<string, number>()
  readonly grownAt = new Map<string, number>()
  edits = 0

  isSince(edits: ReadonlyMap<string, number>, files: ReadonlySet<string>, time: number): boolean {
    return [...files].some((file) => (edits.get(file) ?? -1) > time)
  }

  /** What a rollback is to turn, and the files that it gives back. */
  turned(named: Entry): {
    readonly files: ReadonlySet<string>
    readonly syncs: ReadonlyArray<Entry>
    readonly before: Bytes
  } {
    const isMate = ({ id, run }: Entry) => named.kind === "sync" && run === named.run && this.inForce.has(id)
    const target = this.entries.find(isMate) ?? named
    const differing = this.entries.filter(
      ({ id, kind }) => kind === "sync" && this.inForce.has(id) !== target.forceBefore.has(id),
    )
    const first = target.kind === "sync" ? [target] : differing.filter(({ id }) => target.toggled.includes(id))
    const files = new Set<string>()
    for (const { touched } of first) for (const file of touched) files.add(file)
    for (let size = -1; size !== files.size;) {
      size = files.size
      for (const { touched } of differing) {
        if ([...touched].some((file) => files.has(file))) for (const file of touched) files.add(file)
      }
    }
    const syncs = differing.filter(({ touched }) => [...touched].some((file) => files.has(file)))
    return { files, syncs, before: target.before }
  }
}

/** What an action does, with the row at a place where it needs one. */
interface How {
  readonly edit: "insert" | "replace" | "delete" | "deleteNulls" | "update"
  readonly at: number
}
const how: fc.Arbitrary<How> = fc.record({
  edit: fc.constantFrom("insert", "delete", "deleteNulls", "update", "update", "replace"),
  at: fc.nat(20),
})

type Command =
  | { readonly kind: "sync"; readonly connector: string; readonly keep: number }
  | { readonly kind: "drift" | "abort" | "again" | "full" | "inParts"; readonly connector: string }
  | { readonly kind: "act"; readonly dataset: string; readonly how: ReadonlyArray<How> }
  | { readonly kind: "settle"; readonly dataset: string; readonly type: "number" | "string" }
  | { readonly kind: "prune"; readonly keep: number }
  | { readonly kind: "rollback" }
  | { readonly kind: "rollbackTo"; readonly at: number }
  | { readonly kind: "undoRedo" }
  | { readonly kind: "edit"; readonly dataset: string; readonly where: "touch" | "behind" }
  | { readonly kind: "editedUndo"; readonly dataset: string; readonly where: "behind" | "before" }

const connector = fc.constantFrom(...Object.keys(connectors))
const dataset = fc.constantFrom("a", "b", "c")
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant("sync" as const), connector, keep: fc.constant(100) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("sync" as const), connector, keep: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("drift" as const, "abort" as const, "again" as const), connector }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("full" as const), connector }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("inParts" as const), connector }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("act" as const),
      dataset,
      how: fc.array(how, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("settle" as const),
      dataset,
      type: fc.constantFrom("number" as const, "string" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("prune" as const), keep: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("rollback" as const) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("rollbackTo" as const), at: fc.nat(30) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("undoRedo" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("edit" as const),
      dataset,
      where: fc.constantFrom("touch" as const, "behind" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("editedUndo" as const),
      dataset,
      where: fc.constantFrom("behind" as const, "before" as const),
    }),
  },
)

const quiet = Layer.succeed(References.MinimumLogLevel, "None")
const rollback = (id: string | null = null, force = false) => History.use((one) => one.rollback(id, { force }))
const tagOf = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return "success"
  const error = Option.getOrNull(Cause.findErrorOption(exit.cause)) as { readonly _tag?: string } | null
  return error?._tag ?? Cause.pretty(exit.cause)
}

/** A database's bytes are nobody's concern, its tables' rows are; of Parquet both are. */
const rowsKey = (source: string): string => (source.endsWith(".parquet") ? `${source}: rows` : source)

class World {
  readonly root: string
  readonly sources: Sources
  readonly model = new Model()
  /** What every file should hold, and every table. */
  expected: Bytes

  constructor(root: string, sources: Sources) {
    this.root = root
    this.sources = sources
    this.expected = modeless(visibleFiles(root))
  }

  readonly look = Effect.fnUntraced({ self: this }, function* (this: World) {
    const files: Record<string, string> = modeless(visibleFiles(this.root))
    for (const [name, source] of Object.entries(this.sources)) {
      const [file, table] = source.split("#") as [string, string?]
      if (table !== undefined) {
        const rows = rowsOfTable(path.join(this.root, file), table)
        if (rows !== null) files[source] = layoutOf("", []).whole(rows)
      } else if (source.endsWith(".parquet") && files[source] !== undefined) {
        const read = Stream.unwrap(DatasetStore.useSync((store) => store.read(this.dataset(name))))
        files[rowsKey(source)] = layoutOf("", []).whole((yield* Stream.runCollect(read)).flat())
      }
    }
    delete files["data/x.db"]
    return files as Bytes
  })
  file(name: string): string {
    return path.join(this.root, this.sources[name]!)
  }
  dataset(name: string): SourceDataset {
    const [file, table] = this.sources[name]!.split("#") as [string, string?]
    return datasetAt(this.root, file, { name, ...(table === undefined ? {} : { table, format: "sqlite" }) })
  }
  /** Whether people write to it with an editor. */
  isText(name: string): boolean {
    return /\.(csv|jsonl|json)$/.test(this.sources[name]!)
  }
  cursor(name: string): number {
    const text = this.expected[`.openislands/state/${name}.json`]
    return text === undefined ? 0 : (JSON.parse(text) as { readonly n: number }).n
  }

  readonly spec = (name: string, n: number) => ({
    connector: name,
    datasets: Object.fromEntries(connectors[name]!.map((output) => [output, this.dataset(output)])),
    writes: provided(name, n),
    state: { n },
  })

  /** Bytes that the rows of a sync come to, by the simplest means. */
  after(name: string, n: number, full: boolean): Bytes {
    const files = { ...this.expected }
    for (const [output, write] of Object.entries(provided(name, n))) {
      const source = rowsKey(this.sources[output]!)
      const there = files[source]
      if (there === undefined && write.rows.length === 0) continue
      const { whole, more, merged } = layout(source)
      if (full || "replace" in write || there === undefined) files[source] = whole(write.rows)
      else files[source] = ("upsert" in write ? merged : more)(there, write.rows)
    }
    files[`.openislands/state/${name}.json`] = `${JSON.stringify({ n })}\n`
    return files
  }

  readonly sync = Effect.fnUntraced({ self: this }, function* (this: World, name: string, keep: number, full = false) {
    const n = full ? 1 : this.cursor(name) + 1
    const retention = { checkpoints: keep, bytes: 1 << 30 }
    const spec = { ...this.spec(name, n), retention, ...(full ? { full: { force: true } } : {}) }
    const { checkpoint_id } = yield* sync(spec)
    yield* this.changed(checkpoint_id, this.after(name, n, full), `sync of ${name}`)
    if (keep < 100) yield* this.forget(keep)
  })

  /** Two syncs in one run. */
  readonly inParts = Effect.fnUntraced(
    { self: this },
    function* (this: World, name: string) {
      const n = this.cursor(name) + 1
      const [first, spec] = [this.spec(name, n), this.spec(name, n + 1)]
      const { earlier, commit } = yield* open({ ...spec, earlier: [first] })
      const run = `run ${this.model.entries.at(-1)?.id}`
      yield* this.changed(earlier[0]!.checkpoint_id, this.after(name, n, false), `first part of ${name}`, run)
      const { checkpoint_id } = yield* commit
      yield* this.changed(checkpoint_id, this.after(name, n + 1, false), `second part of ${name}`, run)
    },
    Effect.scoped,
  )

  readonly changed = Effect.fnUntraced(
    { self: this },
    function* (this: World, id: string | null, expected: Bytes, label: string, run = `run of ${id}`) {
      const before = this.expected
      const after: Record<string, string> = { ...expected }
      const now = yield* this.look()
      // Contracts are what the store says they are, and Parquet what DuckDB makes it; the model takes snapshots of them.
      for (const [file, text] of Object.entries(now)) {
        if (file.startsWith(".openislands/contracts/") || file.endsWith(".parquet")) after[file] = text
      }
      assert.deepStrictEqual(now, after, label)
      this.expected = after
      const touched = [...Object.keys(before), ...Object.keys(after)].filter((file) => before[file] !== after[file])
      assert.strictEqual(id === null, touched.length === 0, `${label}: a checkpoint if, and only if, anything changed`)
      if (id === null) return
      // Rows stand on the types they were held against, so whatever concerns one dataset hangs together.
      for (const [name, source] of Object.entries(this.sources)) {
        const own = [source, rowsKey(source), `.openislands/contracts/${name}.json`]
        if (own.some((file) => touched.includes(file))) touched.push(`dataset ${name}`)
      }
      // So do a run's checkpoints.
      touched.push(run)
      const { model } = this
      const { edits } = model
      const forceBefore = new Set(model.inForce)
      model.entries.push({ id, kind: "sync", before, touched: new Set(touched), toggled: [], forceBefore, edits, run })
      model.inForce.add(id)
    },
  )

  /** Edits follow from what is there, so that they concern something. */
  readonly act = Effect.fnUntraced({ self: this }, function* (this: World, name: string, hows: ReadonlyArray<How>) {
    const source = rowsKey(this.sources[name]!)
    const { whole, more, edited } = layout(source)
    const there = this.expected[source]
    let text = there
    const rowsIn = (): ReadonlyArray<Row> => {
      const rows: Array<Row> = []
      if (text !== undefined) edited(text, (row) => (rows.push(row as Row), row))
      return rows
    }
    const edits = hows.map(({ edit, at }, index): Edit => {
      const rows = rowsIn()
      const some = rows[at % Math.max(1, rows.length)]
      if (edit === "insert" || edit === "replace") {
        const id = 900_000_000 + this.model.entries.length * 100 + index * 10
        const coming = Array.from({ length: at % 3 }, (_, n): Row => ({
          id: id + n,
          v: n === 0 ? null : `by act, "${n}"`,
        }))
        if (edit === "replace") text = text === undefined && coming.length === 0 ? text : whole(coming)
        else if (coming.length > 0) text = text === undefined ? whole(coming) : more(text, coming)
        return { mode: edit, rows: coming }
      }
      const match = edit === "deleteNulls" ? { v: null } : { id: some?.id ?? 7 }
      const isMeant = (row: Row) => Object.entries(match).every(([column, value]) => row[column] === value)
      const set = { v: at % 4 === 0 ? null : `act, ${at}` }
      const become = (row: Row) => {
        if (!isMeant(row)) return row
        return edit === "update" ? (row.v === set.v ? row : { ...row, ...set }) : null
      }
      if (text !== undefined) text = edited(text, (row) => become(row as Row))
      return edit === "update" ? { mode: "update", match, set } : { mode: "delete", match }
    })
    const { checkpoint_id } = yield* act([[this.dataset(name), edits]])
    const { [source]: _source, ...others } = this.expected
    // Its first rows settle an empty dataset, none leave it as it is.
    const isNothing = there === undefined && (text === undefined || rowsIn().length === 0)
    const after = isNothing || text === undefined ? this.expected : { ...others, [source]: text }
    yield* this.changed(checkpoint_id, after, `act on ${name}: ${JSON.stringify(edits)}`)
  })

  readonly settle = Effect.fnUntraced({ self: this }, function* (this: World, name: string, type: "number" | "string") {
    const types = new Map([[type === "number" ? "id" : "v", type] as const])
    const settling = DatasetStore.use((store) =>
      store.settle(this.dataset(name), types, { checkpoints: 100, bytes: 1 << 30 }),
    )
    const exit = yield* Effect.exit(settling)
    const isEmpty = this.expected[`.openislands/contracts/${name}.json`] === undefined
    if (isEmpty) return assert.strictEqual(tagOf(exit), "CannotSettle")
    yield* this.changed((yield* exit).checkpoint_id, this.expected, `settle ${name}`)
  })

  /** What the store no longer lists is forgotten: only the oldest, and not the newest. */
  readonly forget = Effect.fnUntraced({ self: this }, function* (this: World, keep: number) {
    const { model } = this
    const kept = new Set((yield* History.use((one) => one.list)).map(({ checkpoint_id }) => checkpoint_id))
    const gone = model.entries.filter(({ id }) => !kept.has(id))
    assert.deepStrictEqual(model.entries.slice(0, gone.length), gone, "only the oldest are forgotten")
    const { length } = model.entries
    model.entries = model.entries.slice(gone.length)
    assert.isNotEmpty(model.entries)
    const needed = model.entries.flatMap(({ toggled }) => toggled)
    const [last, first] = [gone.at(-1), model.entries[0]!]
    assert.isFalse(
      last !== undefined && last.kind === "sync" && last.run === first.run,
      "a run is forgotten as a whole",
    )
    const isSpared = first.kind === "sync" && first.run === model.entries[1]?.run
    if (needed.length === 0 && !isSpared) assert.strictEqual(model.entries.length, Math.min(length, keep))
    for (const { id } of gone) model.inForce.delete(id)
    if (gone[0] !== undefined) assert.strictEqual(tagOf(yield* Effect.exit(rollback(gone[0].id))), "UnknownCheckpoint")
  })

  readonly rollback = Effect.fnUntraced({ self: this }, function* (this: World, id: string | null) {
    const { model } = this
    const list = yield* History.use((one) => one.list)
    const target =
      id === null
        ? model.entries.findLast((entry) => entry.kind === "sync" && model.inForce.has(entry.id))
        : model.entries.find((entry) => entry.id === id)
    const before = this.expected
    const listed = list.find(({ checkpoint_id }) => checkpoint_id === target?.id)
    if (target === undefined || listed === undefined || listed.undoneBy !== null) {
      const tag = target === undefined ? "NothingToUndo" : "CannotUndo"
      assert.strictEqual(tagOf(yield* Effect.exit(rollback(id))), tag)
      return null
    }
    const { files, syncs, before: then } = model.turned(target)
    const since = Math.min(...syncs.map((entry) => entry.edits))
    const after = overlaid(before, files, then)
    let answer = yield* Effect.exit(rollback(id))
    if (model.isSince(model.grownAt, files, since)) {
      assert.include(["DatasetChanged", "CannotUndo"], tagOf(answer), "rows by hand, and no force")
      return null
    }
    // Where all of a file is known it doesn't matter that it was written again.
    if (model.isSince(model.touchedAt, files, since) && tagOf(answer) === "DatasetChanged") {
      assert.deepStrictEqual(yield* this.look(), before)
      answer = yield* Effect.exit(rollback(id, true))
    }
    const { checkpoint_id, ...turned } = yield* answer
    const undone = syncs.filter((entry) => model.inForce.has(entry.id)).map((entry) => entry.id)
    const redone = syncs.filter((entry) => !model.inForce.has(entry.id)).map((entry) => entry.id)
    assert.deepStrictEqual([...turned.redone], redone)
    if (target.kind === "rollback") {
      // A redo tells of all the rollbacks that it turns back, the one that was named first.
      const marked = (yield* History.use((one) => one.list)).filter(({ undoneBy }) => undoneBy === checkpoint_id)
      const rollbacks = marked.filter(({ cause }) => cause.type === "rollback").map((one) => one.checkpoint_id)
      const others = rollbacks.filter((one) => one !== target.id)
      assert.deepStrictEqual(turned.undone, [target.id, ...others, ...undone.toReversed()])
    } else assert.deepStrictEqual(turned.undone, undone.toReversed())
    model.entries.push({
      id: checkpoint_id,
      kind: "rollback",
      before,
      touched: new Set(),
      toggled: [...undone, ...redone],
      forceBefore: new Set(model.inForce),
      edits: model.edits,
      run: "",
    })
    for (const one of undone) model.inForce.delete(one)
    for (const one of redone) model.inForce.add(one)
    this.expected = after
    return checkpoint_id
  })

  edited(name: string, edits: Map<string, number>): void {
    edits.set(this.sources[name]!, ++this.model.edits)
  }

  readonly run = Effect.fnUntraced({ self: this }, function* (this: World, command: Command) {
    const { model } = this
    switch (command.kind) {
      case "sync":
        return yield* this.sync(command.connector, command.keep)
      case "full":
        return yield* this.sync(command.connector, 100, true)
      case "inParts":
        return yield* this.inParts(command.connector)
      case "act":
        return yield* this.act(command.dataset, command.how)
      case "settle":
        return yield* this.settle(command.dataset, command.type)
      case "prune": {
        if (model.entries.length === 0) return
        yield* History.use((one) => one.prune({ checkpoints: command.keep, bytes: 1 << 30 }))
        return yield* this.forget(command.keep)
      }
      case "again": {
        const n = this.cursor(command.connector)
        const nothing = { ...this.spec(command.connector, n), writes: {}, ...(n === 0 ? { state: {} } : {}) }
        return assert.isNull((yield* sync(nothing)).checkpoint_id)
      }
      case "drift": {
        const spec = this.spec(command.connector, 999)
        const [first] = connectors[command.connector]!
        const there = this.expected[rowsKey(this.sources[first!]!)] !== undefined
        const drifting = { ...spec, writes: { ...spec.writes, [first!]: { insert: [{ id: 1, v: "x", w: true }] } } }
        if (there) assert.strictEqual(tagOf(yield* Effect.exit(sync(drifting))), "SchemaDrift")
        return
      }
      case "abort": {
        const boom = sync({ ...this.spec(command.connector, 999), writes: {}, state: 1n })
        return assert.isTrue(Exit.hasDies(yield* Effect.exit(boom)))
      }
      case "rollback":
        return void (yield* this.rollback(null))
      case "rollbackTo": {
        const target = model.entries[command.at % Math.max(1, model.entries.length)]
        return void (yield* this.rollback(target?.id ?? null))
      }
      case "undoRedo": {
        const { expected } = this
        const id = yield* this.rollback(null)
        if (id !== null) yield* this.rollback(id)
        return assert.deepStrictEqual(yield* this.look(), expected)
      }
      case "edit": {
        const source = this.sources[command.dataset]!
        const there = this.expected[source]
        if (there === undefined || !this.isText(command.dataset)) return
        const row = { id: 77, v: "by hand" }
        fs.writeFileSync(
          this.file(command.dataset),
          command.where === "touch" ? there : layout(source).byHand(there, [row]),
        )
        this.expected = yield* this.look()
        return this.edited(command.dataset, command.where === "touch" ? model.touchedAt : model.grownAt)
      }
      case "editedUndo":
        return yield* this.editedUndo(command.dataset, command.where)
    }
  })

  /** An edit forbids to undo what it stands on, or, behind our rows, survives it; then it is taken back. */
  readonly editedUndo = Effect.fnUntraced(
    { self: this },
    function* (this: World, name: string, where: "behind" | "before") {
      const { model } = this
      const source = this.sources[name]!
      const there = this.expected[source]
      const target = model.entries.findLast((entry) => entry.kind === "sync" && model.inForce.has(entry.id))
      if (there === undefined || target === undefined || !target.touched.has(source) || !this.isText(name)) return
      const { files, syncs } = model.turned(target)
      const since = Math.min(...syncs.map((entry) => entry.edits))
      const others = [model.touchedAt, model.grownAt].some((edits) => model.isSince(edits, files, since))
      if (others || syncs.length > 1 || there.length === 0) return
      const { byHand } = layout(source)
      const row = { id: 88, v: "behind" }
      const text = where === "behind" ? byHand(there, [row]) : `${there[0]}${there}`
      fs.writeFileSync(this.file(name), text)
      const refused = tagOf(yield* Effect.exit(rollback()))
      assert.include(where === "behind" ? ["DatasetChanged"] : ["DatasetChanged", "CannotUndo"], refused)
      assert.deepStrictEqual(yield* this.look(), { ...this.expected, [source]: text })
      if (where === "before") {
        assert.strictEqual(tagOf(yield* Effect.exit(rollback(null, true))), "CannotUndo")
        assert.deepStrictEqual(yield* this.look(), { ...this.expected, [source]: text })
        fs.writeFileSync(this.file(name), there)
        return this.edited(name, model.touchedAt)
      }
      const answer = yield* rollback(null, true)
      const kept = { ...target.before, [source]: byHand(target.before[source], [row]) }
      assert.deepStrictEqual(yield* this.look(), overlaid(this.expected, files, kept))
      model.entries.push({
        id: answer.checkpoint_id,
        kind: "rollback",
        before: this.expected,
        touched: new Set(),
        toggled: [target.id],
        forceBefore: new Set(model.inForce),
        edits: model.edits,
        run: "",
      })
      model.inForce.delete(target.id)
      // By hand again, to what it would have been without the edit.
      const before = target.before[source]
      if (before === undefined) fs.rmSync(this.file(name))
      else fs.writeFileSync(this.file(name), before)
      this.expected = yield* this.look()
      this.edited(name, model.touchedAt)
    },
  )

  readonly check = Effect.fnUntraced({ self: this }, function* (this: World) {
    assert.deepStrictEqual(yield* this.look(), this.expected)
    const list = yield* History.use((one) => one.list)
    assert.deepStrictEqual(
      list.map(({ checkpoint_id }) => checkpoint_id).toReversed(),
      this.model.entries.map(({ id }) => id),
    )
    const inForce = list.filter(({ cause, undoneBy }) => cause.type !== "rollback" && undoneBy === null)
    assert.deepStrictEqual(new Set(inForce.map(({ checkpoint_id }) => checkpoint_id)), this.model.inForce)
    const home = path.join(this.root, ".openislands")
    assert.deepStrictEqual(fs.readdirSync(path.join(home, "journal")), [])
    assert.deepStrictEqual(fs.readdirSync(path.join(home, "staging")), [])
  })
}

/** Some of the files as they are in another snapshot. */
const overlaid = (files: Bytes, names: ReadonlySet<string>, from: Bytes): Record<string, string> => {
  const result: Record<string, string> = { ...files }
  for (const name of names) {
    const text = from[name]
    if (text === undefined) delete result[name]
    else result[name] = text
  }
  return result
}

/** In a project of its own. */
const inProject = <A, E>(
  use: (root: string) => Effect.Effect<A, E, Layer.Success<ReturnType<typeof storeAt>>>,
): Promise<A> =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    return yield* use(root).pipe(Effect.provide(Layer.mergeAll(storeAt(root), quiet)))
  }).pipe(Effect.scoped, Effect.runPromise)

const runs = (usual: number) => ({ numRuns: torture ? usual * 20 : usual, interruptAfterTimeLimit: 540_000 })

describe.each(Object.entries(families))("laws of the store over three datasets: %s", (_, family) => {
  it("after any sequence of events the bytes are the model's", { timeout: 600_000 }, () =>
    fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 4, maxLength: 24 }), (commands) =>
        inProject((root) =>
          Effect.gen(function* () {
            const world = new World(root, family.sources)
            for (const [at, command] of commands.entries()) {
              yield* world.run(command).pipe(
                Effect.andThen(world.check()),
                Effect.orDie,
                Effect.catchDefect((cause) =>
                  Effect.die(
                    new Error(`command ${at}, ${JSON.stringify(command)}: ${(cause as Error).message}`, { cause }),
                  ),
                ),
              )
            }
          }),
        ),
      ),
      runs(family.runs),
    ),
  )

  it("sync^n, undo^k, sync^k is sync^n", { timeout: 600_000 }, () =>
    fc.assert(
      fc.asyncProperty(fc.array(connector, { minLength: 1, maxLength: 8 }), fc.nat(8), (order, times) =>
        inProject((root) =>
          Effect.gen(function* () {
            const world = new World(root, family.sources)
            const stops = [world.expected]
            for (const name of order) {
              yield* world.sync(name, 100)
              stops.push(world.expected)
            }
            const k = Math.min(times, order.length)
            for (let undone = 1; undone <= k; undone++) {
              yield* world.rollback(null)
              assert.deepStrictEqual(yield* world.look(), stops[order.length - undone])
            }
            for (const name of order.slice(order.length - k)) yield* world.sync(name, 100)
            assert.deepStrictEqual(yield* world.look(), stops.at(-1))
          }),
        ),
      ),
      runs(Math.ceil(family.runs / 3)),
    ),
  )
})

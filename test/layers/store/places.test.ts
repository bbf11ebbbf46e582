import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { Disk, layer as nodeDisk } from "../../../src/layers/store/Disk.ts"
import { sideName } from "../../../src/layers/store/sideName.ts"
import type { SourceDataset } from "../../../src/services/domain/Manifest.ts"
import { StoreFailed } from "../../../src/services/domain/StoreError.ts"
import { History } from "../../../src/services/History.ts"
import { asAnotherUser } from "../../fixtures/asAnotherUser.ts"
import { FaultyDisk } from "../../fixtures/faultyDisk.ts"
import { temporaryProject } from "../../fixtures/project.ts"
import { datasetAt, storeAt, sync } from "../../fixtures/store.ts"

const rollback = (id: string | null = null, force = false) => History.use((one) => one.rollback(id, { force }))
const content = "id,name\n1,mine\n"
const row = { id: 2, name: "ours" }

/** A name of as many bytes as file systems take, hardly any of them ASCII. */
const longName = `a${"é".repeat(125)}.csv`

describe("a file with a name as long as they may be", () => {
  /** Insert, replace, undo, undo, redo: each step finds the file whole, and leaves nothing beside it. */
  const wholeLife = Effect.fnUntraced(function* (root: string, file: string) {
    const rows = { ...datasetAt(root, "data/rows.csv"), file }
    const read = () => fs.readFileSync(file, "utf8")
    const alone = () => assert.deepEqual(fs.readdirSync(path.dirname(file)), [path.basename(file)])
    yield* sync({ datasets: { rows }, writes: { rows: { insert: [row] } } })
    assert.strictEqual(read(), `${content}2,ours\n`)
    yield* sync({ datasets: { rows }, writes: { rows: { replace: [row] } } })
    assert.strictEqual(read(), "id,name\n2,ours\n")
    alone()
    yield* rollback()
    assert.strictEqual(read(), `${content}2,ours\n`)
    const { checkpoint_id: second } = yield* rollback()
    assert.strictEqual(read(), content)
    yield* rollback(second)
    assert.strictEqual(read(), `${content}2,ours\n`)
    alone()
  })

  it.live("is written like any other", () =>
    Effect.gen(function* () {
      assert.strictEqual(Buffer.byteLength(longName), 255)
      const root = yield* temporaryProject({ "manifest.json": "{}", [`data/${longName}`]: content })
      yield* wholeLife(root, path.join(root, "data", longName)).pipe(Effect.provide(storeAt(root)))
    }),
  )

  it.live("on what counts as another device, too: the copy beside it gets a shorter one", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}", [`data/${longName}`]: content })
      const disk = new FaultyDisk(null, path.join(root, "data"))
      yield* wholeLife(root, path.join(root, "data", longName)).pipe(Effect.provide(storeAt(root, disk.layer)))
    }),
  )

  const shm = "/dev/shm"
  const elsewhere = fs.existsSync(shm) && fs.statSync(shm).dev !== fs.statSync(import.meta.dirname).dev
  it.live.skipIf(!elsewhere)("on another device, for real", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}" })
      const away = yield* Effect.acquireRelease(
        Effect.sync(() => fs.mkdtempSync(path.join(shm, "openislands-"))),
        (directory) => Effect.sync(() => fs.rmSync(directory, { recursive: true })),
      )
      const file = path.join(away, longName)
      fs.writeFileSync(file, content)
      yield* wholeLife(root, file).pipe(Effect.provide(storeAt(root)))
    }),
  )
})

const beside = (file: string) => path.basename(sideName(path.join("/data", file), ".", ".00000001-abcd.openislands"))

it("names beside a file fit, are whole characters, and differ", () => {
  assert.strictEqual(beside("rows.csv"), ".rows.csv.00000001-abcd.openislands")
  const [one, other] = [beside(longName), beside(longName.replace(".csv", ".CSV"))]
  assert.isAtMost(Buffer.byteLength(one), 255)
  assert.isAbove(Buffer.byteLength(one), 250)
  assert.notInclude(one, "\uFFFD")
  assert.notStrictEqual(one, other)
})

describe("what permissions forbid fails by its name, and changes nothing:", () => {
  const refused = Effect.fnUntraced(function* (
    write: { readonly insert: ReadonlyArray<object> } | { readonly replace: ReadonlyArray<object> },
    forbid: (root: string, file: string) => void,
  ) {
    const root = yield* temporaryProject({ "manifest.json": "{}", "data/rows.csv": content })
    const rows = datasetAt(root, "data/rows.csv")
    forbid(root, rows.file)
    const tried = sync({ datasets: { rows }, writes: { rows: write as never }, state: { n: 1 } })
    const error = yield* asAnotherUser(root, tried.pipe(Effect.provide(storeAt(root)), Effect.flip))
    assert.deepInclude(error, { _tag: "StoreFailed", code: "EACCES" })
    assert.include(error.message, "data")
    assert.deepEqual(fs.readdirSync(path.join(root, "data")), ["rows.csv"])
    assert.deepEqual(fs.readdirSync(path.join(root, ".openislands/history")), [])
    assert.deepEqual(fs.readdirSync(path.join(root, ".openislands/journal")), [])
    assert.deepEqual(fs.readdirSync(path.join(root, ".openislands/contracts")), [])
    fs.chmodSync(rows.file, 0o644)
    assert.strictEqual(fs.readFileSync(rows.file, "utf8"), content)
    return error
  })

  it.live.each([
    ["an insert into a read-only file", { insert: [row] }],
    ["a replace of one, though its directory could be written", { replace: [row] }],
  ] as const)("%s", ([, write]) => refused(write, (_, file) => fs.chmodSync(file, 0o444)))

  it.live("a replace in a read-only directory", () =>
    Effect.gen(function* () {
      yield* refused({ replace: [row] }, (root) => fs.chmodSync(path.join(root, "data"), 0o555))
    }),
  )

  it.live("a file that may not be read", () =>
    Effect.gen(function* () {
      const error = yield* refused({ insert: [row] }, (_, file) => fs.chmodSync(file, 0o200))
      assert.match(error.message, /^cannot read /)
    }),
  )

  it.live("but an insert needs no more than the file", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}", "data/rows.csv": content })
      const rows = datasetAt(root, "data/rows.csv")
      fs.chmodSync(path.join(root, "data"), 0o555)
      const done = sync({ datasets: { rows }, writes: { rows: { insert: [row] } } })
      yield* asAnotherUser(root, done.pipe(Effect.andThen(rollback()), Effect.provide(storeAt(root))))
      assert.strictEqual(fs.readFileSync(rows.file, "utf8"), content)
    }),
  )
})

it.live("an undo does not get past a read-only file by putting another in its place", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}", "data/rows.csv": content })
    const rows = datasetAt(root, "data/rows.csv")
    yield* Effect.gen(function* () {
      yield* sync({ datasets: { rows }, writes: { rows: { replace: [row] } } })
      fs.chmodSync(rows.file, 0o444)
      const refusal = { _tag: "StoreFailed" as const, operation: "replace", path: rows.file, code: "EACCES" }
      assert.deepInclude(yield* Effect.flip(rollback()), refusal)
      assert.strictEqual(fs.readFileSync(rows.file, "utf8"), "id,name\n2,ours\n")
      fs.chmodSync(rows.file, 0o644)
      yield* rollback()
      assert.strictEqual(fs.readFileSync(rows.file, "utf8"), content)
    }).pipe(Effect.provide(storeAt(root)))
  }),
)

const insert = (into: SourceDataset, id: number) =>
  sync({ connector: into.name, datasets: { into }, writes: { into: { insert: [{ ...row, id }] } }, state: { id } })

it.live("an undo that cannot cut a file undoes nothing, and is in nobody's way", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}", "data/rows.csv": content, "data/other.csv": content })
    const [rows, other] = [datasetAt(root, "data/rows.csv"), datasetAt(root, "data/other.csv")]
    let readOnly = false
    const refusing = <A>(operation: string, file: string, effect: Effect.Effect<A, StoreFailed>) =>
      Effect.suspend(() =>
        readOnly && file === rows.file ? new StoreFailed({ operation, path: file, code: "EROFS" }) : effect,
      )
    const mounted = Layer.effect(
      Disk,
      Disk.useSync((disk) => ({
        ...disk,
        fsync: (file: string) => refusing("flush", file, disk.fsync(file)),
        truncate: (file: string, length: number, mtime: string | null) =>
          refusing("truncate", file, disk.truncate(file, length, mtime)),
      })),
    ).pipe(Layer.provide(nodeDisk))
    yield* Effect.gen(function* () {
      yield* insert(other, 1)
      const { checkpoint_id: id } = yield* insert(rows, 1)
      const there = fs.readFileSync(rows.file, "utf8")
      readOnly = true
      assert.deepInclude(yield* Effect.flip(rollback(id)), { _tag: "StoreFailed", path: rows.file, code: "EROFS" })
      yield* insert(other, 2)
      assert.strictEqual(fs.readFileSync(rows.file, "utf8"), there)
      readOnly = false
      yield* rollback(id)
      assert.strictEqual(fs.readFileSync(rows.file, "utf8"), content)
    }).pipe(Effect.provide(storeAt(root, mounted)))
  }),
)

const copy = (from: string, to: string, length: number) =>
  Disk.use((disk) => disk.splice(from, { from: 0, to: length }, to, 0)).pipe(Effect.flip, Effect.provide(nodeDisk))

it.live("of two files in a copy, the one that failed is named", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "data/rows.csv": content, ours: "" })
    const [theirs, ours] = [path.join(root, "data/rows.csv"), path.join(root, "ours")]
    assert.deepInclude(yield* copy(`${theirs}.gone`, ours, 5), {
      operation: "read",
      path: `${theirs}.gone`,
      code: "ENOENT",
    })
    assert.deepInclude(yield* copy(theirs, ours, 500), { operation: "read", path: theirs, code: "EIO" })
    assert.deepInclude(yield* copy(theirs, `${ours}.gone`, 5), {
      operation: "write",
      path: `${ours}.gone`,
      code: "ENOENT",
    })
  }),
)

it.live("an undo that cannot read the user's file names it, not the file of ours that it is copied to", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}", "data/rows.csv": content })
    const rows = datasetAt(root, "data/rows.csv")
    yield* Effect.gen(function* () {
      yield* sync({ datasets: { rows }, writes: { rows: { insert: [row] } } })
      fs.appendFileSync(rows.file, "3,mine\n")
    }).pipe(Effect.provide(storeAt(root)))
    fs.chmodSync(rows.file, 0o200)
    const error = yield* asAnotherUser(root, rollback(null, true).pipe(Effect.provide(storeAt(root)), Effect.flip))
    assert.deepInclude(error, { _tag: "StoreFailed", operation: "read", path: rows.file, code: "EACCES" })
    fs.chmodSync(rows.file, 0o644)
    assert.strictEqual(fs.readFileSync(rows.file, "utf8"), `${content}2,ours\n3,mine\n`)
  }),
)

describe("whatever takes the place of a file", () => {
  it.live.each([false, true])("has its permissions, also across devices: %s", (isAbroad) =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}", "data/rows.csv": content })
      const rows = datasetAt(root, "data/rows.csv")
      fs.chmodSync(rows.file, 0o640)
      const keepsMode = () => assert.strictEqual(fs.statSync(rows.file).mode & 0o777, 0o640)
      yield* Effect.gen(function* () {
        yield* sync({ datasets: { rows }, writes: { rows: { replace: [row] } } })
        keepsMode()
        fs.appendFileSync(rows.file, "3,mine\n")
        const { checkpoint_id } = yield* rollback(null, true)
        assert.strictEqual(fs.readFileSync(rows.file, "utf8"), `${content}3,mine\n`)
        keepsMode()
        fs.writeFileSync(rows.file, content)
        yield* rollback(checkpoint_id, true)
        assert.strictEqual(fs.readFileSync(rows.file, "utf8"), "id,name\n2,ours\n")
        keepsMode()
      }).pipe(Effect.provide(storeAt(root, new FaultyDisk(null, isAbroad ? path.dirname(rows.file) : null).layer)))
    }),
  )
})

it.live(
  "a file that a link of another ending leads to is undone as what the link says: edits by hand keep its form",
  () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}" })
      const [a, b] = (["csv", "json"] as const).map((ending) => {
        const file = path.join(root, "data", `${ending}.1`)
        return datasetAt(root, `data/${ending}.${ending}`, { file })
      })
      yield* Effect.gen(function* () {
        yield* sync({ datasets: { a: a!, b: b! }, writes: { a: { insert: [row] }, b: { insert: [row] } } })
        fs.appendFileSync(a!.file, "3,mine\n")
        fs.writeFileSync(b!.file, fs.readFileSync(b!.file, "utf8").replace("\n]", ',\n{"id":3}\n]'))
        yield* rollback(null, true)
        assert.strictEqual(fs.readFileSync(a!.file, "utf8"), "id,name\n3,mine\n")
        assert.strictEqual(fs.readFileSync(b!.file, "utf8"), '[\n{"id":3}\n]\n')
      }).pipe(Effect.provide(storeAt(root)))
    }),
)

import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, type Scope } from "effect"
import { lutimes, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { bundledInputs, cachedBundle, storeBundle } from "../../../src/layers/bundler/cache.ts"
import * as EsbuildBundler from "../../../src/layers/EsbuildBundler.ts"
import { importableBuiltins } from "../../../src/layers/host/builtins.ts"
import { layerAt } from "../../../src/layers/NodeProject.ts"
import { BundlerService } from "../../../src/services/BundlerService.ts"
import type { Permissions } from "../../../src/services/domain/Manifest.ts"
import { connector } from "../../fixtures/journey.ts"
import { nothing } from "../../fixtures/guests.ts"
import { temporaryProject } from "../../fixtures/project.ts"

const index = "connectors/one/index.ts"

/** A bundle by a bundler of its own, as by another process. */
const bundle = (root: string, permissions: Permissions = nothing, module = "connectors/one") =>
  BundlerService.use((bundler) =>
    bundler.bundle(module, path.join(root, module), importableBuiltins(permissions)),
  ).pipe(Effect.provide(EsbuildBundler.layer.pipe(Layer.provide(layerAt(root)))))

const text = (bundled: { readonly file: string }) => Effect.promise(() => readFile(bundled.file, "utf8"))

const write = (root: string, name: string, content: string) =>
  Effect.promise(() => writeFile(path.join(root, name), content))

/** A hit leaves the record alone, a miss writes a new one. */
const isRemade = Effect.fnUntraced(function* (root: string, permissions?: Permissions) {
  const records = async () => {
    const home = path.join(root, ".openislands", "cache", "bundles")
    const names = (await readdir(home, { recursive: true })).filter((name) => name.endsWith("record.json"))
    await Promise.all(names.map((name) => utimes(path.join(home, name), 1, 1)))
    return async () => {
      const after = (await readdir(home, { recursive: true })).filter((name) => name.endsWith("record.json"))
      if (after.length !== names.length) return true
      return (await Promise.all(after.map((name) => stat(path.join(home, name))))).some(
        ({ mtimeMs }) => mtimeMs > 1_000,
      )
    }
  }
  const changed = yield* Effect.promise(records)
  yield* bundle(root, permissions)
  return yield* Effect.promise(changed)
})

/** Bundled once, its inputs saved long before. */
const bundled = Effect.fnUntraced(function* (
  files: Readonly<Record<string, string>>,
): Effect.fn.Return<string, never, Scope.Scope> {
  const root = yield* temporaryProject({
    [index]: connector(`import "./helper"\n`),
    "connectors/one/helper.js": "",
    ...files,
  })
  yield* age(root)
  yield* Effect.orDie(bundle(root))
  return root
})

/** As if everything in it had been saved long ago: what has only just been saved is not remembered. */
const age = (root: string) =>
  Effect.promise(async () => {
    for (const entry of await readdir(root, { recursive: true })) await lutimes(path.join(root, entry), 1_000, 1_000)
  })

describe.concurrent("a bundle", () => {
  it.live("is made once, and the same again", () =>
    Effect.gen(function* () {
      const root = yield* bundled({})
      const first = yield* bundle(root)
      assert.isFalse(yield* isRemade(root))
      assert.deepEqual(yield* bundle(root), first)
      assert.strictEqual(path.basename(first.file), `${first.hash}.mjs`)
    }),
  )

  it.live("is remade when a file that went into it changes, and is not when any other does", () =>
    Effect.gen(function* () {
      const root = yield* bundled({ "data/rows.csv": "a\n", "connectors/two/index.ts": "" })
      yield* write(root, "data/rows.csv", "a\n1\n")
      yield* write(root, "connectors/two/index.ts", "changed")
      assert.isFalse(yield* isRemade(root))
      yield* write(root, "connectors/one/helper.js", "1")
      assert.isTrue(yield* isRemade(root))
    }),
  )

  it.live("is remade when a file appears that could take another's place", () =>
    Effect.gen(function* () {
      const root = yield* bundled({})
      yield* write(root, "connectors/one/helper.ts", "globalThis.it = 'the new one'")
      assert.include(yield* text(yield* bundle(root)), "the new one")
      // The same goes for the index itself.
      yield* write(root, "connectors/one/index.mts", "export default 1")
      assert.isTrue(yield* isRemade(root))
    }),
  )

  it.live("is remade when a link leads elsewhere", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({
        [index]: connector(`import "./linked"\n`),
        "shared/first.ts": "globalThis.it = 'first'",
        "shared/second.ts": "globalThis.it = 'second'",
      })
      const link = path.join(root, "connectors/one/linked.ts")
      yield* Effect.promise(() => symlink("../../shared/first.ts", link))
      yield* age(root)
      assert.include(yield* text(yield* bundle(root)), '"first"')
      assert.isFalse(yield* isRemade(root))
      yield* Effect.promise(async () => {
        await rm(link)
        await symlink("../../shared/second.ts", link)
      })
      assert.include(yield* text(yield* bundle(root)), '"second"')
    }),
  )

  it.live("is another one for connectors with other permissions", () =>
    Effect.gen(function* () {
      const reading = connector(`import { readFileSync } from "node:fs"\nvoid readFileSync\n`)
      const root = yield* temporaryProject({ [index]: reading })
      yield* bundle(root, { read: [root], net: null })
      const refused = yield* bundle(root).pipe(Effect.flip)
      assert.deepInclude(refused, { _tag: "LoadError", reason: "forbidden-import", line: 2 })
    }),
  )

  for (const [name, content] of [
    ["cut short", `{"versions":"`],
    ["empty", ""],
    ["of another form", `{"inputs":7}`],
    ["not text", "\u0000\uFFFF"],
  ] as const) {
    it.live(`is remade when its record is ${name}`, () =>
      Effect.gen(function* () {
        const root = yield* bundled({})
        const before = yield* bundle(root)
        yield* Effect.promise(() => writeFile(path.join(path.dirname(before.file), "record.json"), content))
        assert.deepEqual(yield* bundle(root), before)
        assert.isFalse(yield* isRemade(root))
      }),
    )
  }

  it.live("is remade when it is gone or cut short itself", () =>
    Effect.gen(function* () {
      const root = yield* bundled({})
      const before = yield* bundle(root)
      const whole = yield* text(before)
      for (const harm of [() => rm(before.file), () => writeFile(before.file, whole.slice(0, 100))]) {
        yield* Effect.promise(harm)
        assert.strictEqual(yield* text(yield* bundle(root)), whole)
      }
    }),
  )

  it.live("that was made while an input was being saved is not remembered", () =>
    Effect.gen(function* () {
      const root = yield* bundled({})
      const soon = Date.now() / 1_000 + 3_600
      yield* Effect.promise(async () => {
        await writeFile(path.join(root, "connectors/one/helper.js"), "2")
        await utimes(path.join(root, "connectors/one/helper.js"), soon, soon)
      })
      assert.isTrue(yield* isRemade(root))
      assert.isTrue(yield* isRemade(root))
    }),
  )

  it.live("comes whole from many bundlers at once, and while the cache is emptied", () =>
    Effect.gen(function* () {
      const root = yield* bundled({})
      const expected = yield* text(yield* bundle(root))
      const cache = path.join(root, ".openislands", "cache")
      yield* Effect.promise(() => rm(cache, { recursive: true }))
      const all = yield* Effect.all(
        Array.from({ length: 8 }, () => bundle(root).pipe(Effect.flatMap(text))),
        {
          concurrency: "unbounded",
        },
      )
      for (const one of all) assert.strictEqual(one, expected)
    }),
  )

  it.live("comes while another process clears the old ones away", () =>
    Effect.gen(function* () {
      const root = yield* bundled({})
      const directory = path.dirname((yield* bundle(root)).file)
      // Listed, and gone by the time that one looks at them.
      for (const name of ["one.mjs", "two.mjs", "three.mjs"]) {
        yield* Effect.promise(() => symlink("/nowhere", path.join(directory, name)))
      }
      yield* write(root, "connectors/one/helper.js", "globalThis.it = 'new'")
      assert.include(yield* text(yield* bundle(root)), '"new"')
    }),
  )

  it.live("serves once when a file that went into it is gone by then", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "there.ts": "" })
      const key = { versions: "v", directory: root, builtins: [] }
      const of = { module: "one", entry: "index.ts" }
      const compiled = { text: "text", map: "{}", inputs: [path.join(root, "there.ts"), path.join(root, "gone.ts")] }
      const made = yield* storeBundle(path.join(root, "home"), key, of, compiled, Date.now() + 1_000)
      assert.strictEqual(yield* text(made), "text")
      assert.isNull(cachedBundle(path.join(root, "home"), key, of))
    }),
  )

  it.live("is known by its files for who watches them; none are known where nobody can tell", () =>
    Effect.gen(function* () {
      const root = yield* bundled({})
      yield* bundle(root)
      const inputs = bundledInputs(path.join(root, ".openislands/cache/bundles"))
      assert.sameMembers([...inputs], [path.join(root, index), path.join(root, "connectors/one/helper.js")])
      assert.deepEqual(bundledInputs(path.join(root, index)), [])
      assert.deepEqual(bundledInputs(path.join(root, "nowhere")), [])
    }),
  )

  it.live("doesn't depend on package.json or tsconfig.json", () =>
    Effect.gen(function* () {
      const source = connector(`import "./helper"\nclass It { field = 1 }\nvoid new It()\n`)
      const files = { [index]: source, "connectors/one/helper.js": "globalThis.helped = true\n" }
      const plain = yield* bundled(files)
      const decorated = yield* bundled({
        ...files,
        "package.json": `{ "type": "commonjs", "sideEffects": false, "browser": { "./connectors/one/helper.js": false } }`,
        "connectors/one/package.json": `{ "sideEffects": false }`,
        "tsconfig.json": `{ "compilerOptions": { "target": "es5", "useDefineForClassFields": false, "strict": true } }`,
        "connectors/one/tsconfig.json": `{ "compilerOptions": { "jsx": "react-jsx", "alwaysStrict": true } }`,
      })
      const texts = yield* Effect.all([text(yield* bundle(plain)), text(yield* bundle(decorated))])
      assert.include(texts[0], "globalThis.helped")
      assert.strictEqual(texts[1], texts[0])
    }),
  )

  it.live("is one for two instances of a connector, and follows its directory", () =>
    Effect.gen(function* () {
      const root = yield* bundled({})
      const [first, second] = yield* Effect.all([bundle(root), bundle(root)], { concurrency: 2 })
      assert.deepEqual(first, second)
      yield* Effect.promise(() => rename(path.join(root, "connectors/one"), path.join(root, "connectors/renamed")))
      const missing = yield* bundle(root).pipe(Effect.flip)
      assert.deepInclude(missing, { _tag: "LoadError", reason: "missing-directory" })
      assert.strictEqual((yield* bundle(root, nothing, "connectors/renamed")).module, "connectors/renamed")
    }),
  )
})

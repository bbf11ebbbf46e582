import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import * as path from "node:path"
import { gunzipSync, gzipSync } from "node:zlib"
import { type Message, publint } from "publint"
import { formatMessage } from "publint/utils"
import { inject } from "vitest"
import { assertWithin } from "../fixtures/budgets.ts"
import { brokenLinks } from "../fixtures/markdown.ts"
import { kit, program } from "../fixtures/packages.ts"
import type { Packed } from "../fixtures/registry.ts"

const root = path.join(import.meta.dirname, "..", "..")
const packages = { openislands: program, "@openislands/connector-kit": kit }

const namesOf = ({ files }: Packed) => files.map((file) => file.path)

/** Nobody imports the kit out of the program: it lies there whole, to be installed as the package that it is. */
const isOfKit = ({ code, args }: Message): boolean =>
  code === "NESTED_PACKAGE_JSON_FIELD_IGNORED" && args.filePath === "./dist/kit/package.json"

const linted = ({ tarball }: Packed) =>
  Effect.promise(async () => {
    const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(tarball).buffer }, strict: true })
    return messages.filter((message) => !isOfKit(message)).map((message) => formatMessage(message, pkg!))
  })

/** Ways to resolve that an ES module does not offer: a require of it, and Node before it knew "exports". */
const notForModules = new Set(["node10", "node16-cjs"])

describe("what would be published", () => {
  for (const [name, packed] of Object.entries(packages)) {
    it.live(`${name} has nothing that publint objects to, and its licence`, () =>
      Effect.gen(function* () {
        const it = yield* packed
        assert.deepEqual(yield* linted(it), [])
        assert.includeMembers(namesOf(it), ["LICENSE", "README.md", "package.json"])
        assert.isFalse("private" in it.manifest)
        assertWithin(`\`${name}\`, packed`, it.tarball.length)
        assertWithin(`\`${name}\`, files`, it.files.length)
      }),
    )
  }

  it.live("the kit's types are those of its code, for every way in that a module has", () =>
    Effect.gen(function* () {
      const { tarball } = yield* kit
      const checked = yield* Effect.promise(() => checkPackage(createPackageFromTarballData(tarball)))
      if (checked.types === false) return assert.fail("it has no types")
      assert.sameMembers(Object.keys(checked.entrypoints), [".", "./testing"])
      const problems = checked.problems.filter(
        (problem) => !("resolutionKind" in problem && notForModules.has(problem.resolutionKind)),
      )
      assert.deepEqual(problems, [])
    }),
  )

  it.live("the program has no sources, no tests and no copy of what npm installs beside it", () =>
    Effect.gen(function* () {
      const it = yield* program
      const names = namesOf(it)
      assert.includeMembers(names, ["dist/bin.mjs", "dist/THIRD-PARTY-NOTICES.txt", "CHANGELOG.md", "docs/README.md"])
      assert.deepEqual(
        names.filter((file) => !file.startsWith("examples/") && /(?<!\.d)\.tsx?$|\.map$|test|node_modules/.test(file)),
        ["dist/kit/testing.d.ts", "dist/kit/testing.js"],
      )
      // The kit lies in it as it is published, to be installed from there where no registry has it.
      assert.sameMembers(
        names.filter((name) => name.startsWith("dist/kit/")).map((name) => path.relative("dist/kit", name)),
        namesOf(yield* kit),
      )
      // Of the examples what git has, and nothing that somebody's syncs have made there.
      const examples = execFileSync("git", ["ls-files", "examples"], { cwd: root, encoding: "utf8" })
      assert.sameMembers(
        names.filter((file) => file.startsWith("examples/")),
        examples.split("\n").filter((file) => file !== "" && !file.endsWith(".gitignore")),
      )
      assertWithin(
        "`openislands`, unpacked",
        it.files.reduce((all, { size }) => all + size, 0),
      )
      assert.notInclude(gunzipSync(it.tarball).toString("latin1"), root)
    }),
  )

  it.live("links of its pages lead to what it has, and not to what only the repository has", () =>
    Effect.gen(function* () {
      const names = namesOf(yield* program)
      const isPacked = (file: string) => names.some((name) => `${path.join(root, name)}/`.startsWith(`${file}/`))
      const pages = names.filter((name) => name.endsWith(".md") && !name.startsWith("dist/"))
      assert.isAbove(pages.length, 30)
      assert.deepEqual(
        pages.flatMap((page) => brokenLinks(path.join(root, page), isPacked).map((link) => `${page}: ${link}`)),
        [],
      )
    }),
  )

  it.live("the dashboard's page loads no more than it may", () =>
    Effect.gen(function* () {
      const dist = path.dirname(inject("cli"))
      const names = namesOf(yield* program).filter((file) => file.startsWith("dist/web/"))
      const weight = (end: string) =>
        names
          .filter((file) => file.endsWith(end))
          .map((file) => gzipSync(readFileSync(path.join(dist, path.relative("dist", file)))).length)
          .reduce((all, one) => all + one, 0)
      assertWithin("the dashboard's scripts, gzipped", weight(".js"))
      assertWithin("the dashboard's styles, gzipped", weight(".css"))
    }),
  )

  it("one version for both, and the changelog knows it", () => {
    const versionIn = (file: string) => JSON.parse(readFileSync(path.join(root, file), "utf8")).version as string
    const version = versionIn("package.json")
    assert.strictEqual(versionIn("src/kit/package.json"), version)
    assert.include(readFileSync(path.join(root, "CHANGELOG.md"), "utf8"), `\n## [${version}] - `)
  })
})

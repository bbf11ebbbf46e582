import { Effect, Exit, Scope } from "effect"
import { it } from "@effect/vitest"
import * as fs from "node:fs"
import * as path from "node:path"
import { assert, beforeAll, describe } from "vitest"
import type { ErrorDocument } from "../../src/services/domain/ErrorDocument.ts"
import type { Run } from "../../src/services/domain/Run.ts"
import { openislands } from "../fixtures/cli.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { projectOf, synced, syncing } from "../fixtures/syncing.ts"

/** Connectors one and two do the same, each to datasets of its own. */
const files = (() => {
  const source = syncing(`    const n = ((ctx.state.n as number | undefined) ?? 0) + 1
    ctx.state.n = n
    ctx.log("sync " + n)
    await ctx.insert("rows", [{ id: n, name: "row " + n }])
    await ctx.replace("more", [{ n }])`)
  return {
    "manifest.json": projectOf(["one.csv", "last1.jsonl", "two.csv", "last2.jsonl"], {
      one: { datasets: { rows: "one", more: "last1" } },
      two: { datasets: { rows: "two", more: "last2" } },
    }),
    // Types are kept for those who ask for them.
    "tsconfig.json": '{ "include": [".openislands/types"] }',
    "connectors/one/index.ts": source,
    "connectors/two/index.ts": source,
  }
})()

const torture = process.env["TORTURE"] !== undefined

type Damage = (file: string) => void

const put =
  (content: string | Uint8Array): Damage =>
  (file) => {
    fs.rmSync(file, { recursive: true, force: true })
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, content)
  }

const damages = {
  empty: put(""),
  torn: (file) => fs.truncateSync(file, fs.statSync(file).size - 7),
  garbage: put(Uint8Array.from([0, 255, 254, 7, 10, 200, 13, 10, 34, 123])),
  "other JSON": put('[{"a":1}]\n'),
  "a directory": (file) => {
    fs.rmSync(file, { recursive: true, force: true })
    fs.mkdirSync(file, { recursive: true })
    fs.writeFileSync(path.join(file, "x"), "")
  },
  missing: (file) => fs.rmSync(file, { recursive: true }),
} satisfies Record<string, Damage>

type Command = "status" | "validate" | "history" | "contract" | "runs" | "logs" | "sync" | "rollback"

interface Case {
  /** Paths inside `.openislands`. */
  readonly files: (found: Found) => ReadonlyArray<string>
  readonly damages: ReadonlyArray<keyof typeof damages>
  /** With `TORTURE` alone: the store's own tests have them. */
  readonly more?: ReadonlyArray<keyof typeof damages>
  /** Commands that fail, and name the file; none of another connector's. */
  readonly fails?: ReadonlyArray<Command>
  /** Commands that go on, with a warning that names the file. */
  readonly warns?: ReadonlyArray<Command>
  /** Follows what the error says, so that the next sync works. */
  readonly wayOut?: (root: string, file: string, told: string) => void
}

interface Found {
  readonly runId: string
  /** The newest checkpoint, of connector one. */
  readonly newest: string
  readonly in: (directory: string, name: RegExp) => ReadonlyArray<string>
}

const remove = (root: string, file: string, told: string): void => {
  assert.match(told, /remove|move away/)
  fs.rmSync(path.join(root, ".openislands", file), { recursive: true })
}

const forgetHistory = (root: string, file: string, told: string): void => {
  assert.include(told, `remove .openislands/${path.dirname(file)} and what is older`)
  const history = path.join(root, ".openislands/history")
  for (const id of fs.readdirSync(history)) {
    if (id <= path.basename(path.dirname(file))) fs.rmSync(path.join(history, id), { recursive: true })
  }
}

/** What can be made anew, is swept, or is somebody else's: no command has a word to say about it. */
const harmless = (found: Found): ReadonlyArray<string> => [
  ...found.in("cache/bundles", /\.(json|mjs|map)$/),
  ...found.in("cache/describe", /\.json$/),
  "cache/checked/one.json",
  "types/version",
  `history/${found.newest}/stamps.json`,
  "locks/run-one.lock.json",
  "connectors/one.json",
  "staging/one/old-run/rows-0",
  "staging/notes",
  "journal/notes.txt",
]

const cases: Readonly<Record<string, Case>> = {
  "what can be made anew": { files: harmless, damages: ["empty", "garbage", "other JSON", "a directory"] },
  "what can be made anew, and begins anew": {
    files: (found) => [
      ...found.in("cache/bundles", /\.mjs$/),
      "cache/describe",
      "types",
      "runs/one.jsonl",
      "contracts/one.json",
    ],
    damages: ["missing"],
  },
  "the code of bundles alone, or their maps": {
    files: (found) => found.in("cache/bundles", /\.(mjs|map)$/),
    damages: ["garbage"],
  },
  "directories of the cache": {
    files: () => ["cache/bundles", "cache/describe", "cache/checked", "cache/guests", "types"],
    damages: ["garbage"],
  },
  "the cache": { files: () => ["cache"], damages: ["garbage"] },
  "a cursor": {
    files: () => ["state/one.json"],
    damages: ["torn", "a directory"],
    more: ["empty", "other JSON"],
    fails: ["sync"],
    wayOut: remove,
  },
  "a contract": {
    files: () => ["contracts/one.json"],
    damages: ["other JSON", "a directory"],
    more: ["empty", "torn"],
    fails: ["sync", "contract"],
    wayOut: remove,
  },
  "a checkpoint's plan": {
    files: ({ newest }) => [`history/${newest}/plan.json`],
    damages: ["torn", "a directory", "missing"],
    fails: ["rollback"],
    warns: ["history"],
    wayOut: forgetHistory,
  },
  "records of runs": { files: () => ["runs/one.jsonl"], damages: ["garbage"], warns: ["status", "validate", "runs"] },
  "a directory for the records of runs": {
    files: () => ["runs/one.jsonl"],
    damages: ["a directory"],
    fails: ["sync"],
    warns: ["runs"],
    wayOut: remove,
  },
  "a log": { files: ({ runId }) => [`runs/${runId}.log`], damages: ["garbage"], warns: ["logs"] },
  "a directory for a log": { files: ({ runId }) => [`runs/${runId}.log`], damages: ["a directory"], fails: ["logs"] },
  "a connector's lock": {
    files: () => ["locks/run-one.lock"],
    damages: ["garbage", "a directory"],
    fails: ["sync", "rollback"],
    wayOut: remove,
  },
}

/** Each tries a set of commands of its own: what the others would say is the same for all. */
const quick: ReadonlyArray<Command> = ["status", "contract"]

const told = (documents: unknown): string => JSON.stringify(documents)

/** Runs a command; whatever it answers is one JSON document with an exit code that is documented, and shows no stack. */
const run = Effect.fnUntraced(function* (root: string, ...args: ReadonlyArray<string>) {
  const { code, stdout, stderr } = yield* openislands([...args, "--json"], { cwd: root })
  const label = `${args.join(" ")}: ${stdout}${stderr}`
  assert.include([0, 1], code, label)
  assert.notMatch(stdout + stderr, /^\s*at .*:\d+:\d+\)?$|internal error|InternalError/m, label)
  const document = JSON.parse(stdout) as { readonly error?: ErrorDocument; readonly runs?: ReadonlyArray<Run> }
  return { code, document, stderr, label }
})

const namesIt = (text: string, names: ReadonlyArray<string>): boolean => names.some((name) => text.includes(name))

/** Synced once, and copied for each damage: what the copies make of it is the same for all. */
let original: { readonly root: string; readonly runId: string; readonly checkpoint_id: string | null }

const surviving = (one: Case, damage: keyof typeof damages) =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({})
    const home = path.join(root, ".openislands")
    fs.cpSync(original.root, root, { recursive: true, preserveTimestamps: true })
    const { runId, checkpoint_id } = original
    const found: Found = {
      runId,
      newest: checkpoint_id!,
      in: (directory, name) =>
        fs
          .readdirSync(path.join(home, directory), { recursive: true, encoding: "utf8" })
          .filter((file) => name.test(file))
          .map((file) => path.join(directory, file)),
    }
    const data = () => fs.readFileSync(path.join(root, "data/one.csv"), "utf8")
    const before = data()
    const broken = one.files(found)
    for (const file of broken) damages[damage](path.join(home, file))

    const look = (command: Command, ...args: ReadonlyArray<string>) =>
      Effect.gen(function* () {
        const { code, document, stderr, label } = yield* run(root, command, ...args)
        const fails = one.fails?.includes(command) === true
        assert.strictEqual(code, fails ? 1 : 0, label)
        if (fails) {
          assert.isTrue(namesIt(document.error?.message ?? "", broken), label)
          assert.isNotEmpty(document.error?.suggestion, label)
        }
        assert.strictEqual(namesIt(stderr, broken), one.warns?.includes(command) === true, label)
      })
    const args: Partial<Record<Command, string>> = { contract: "one", logs: runId, rollback: checkpoint_id! }
    for (const command of new Set([...quick, ...(one.fails ?? []), ...(one.warns ?? [])])) {
      if (command !== "sync") yield* look(command, ...[args[command] ?? []].flat())
    }
    assert.strictEqual(data(), before)

    const { document, label } = yield* run(root, "sync")
    const [own, other] = ["one", "two"].map((name) => document.runs!.find(({ connector }) => connector === name)!)
    assert.strictEqual(other!.outcome, "success", label)
    const fails = one.fails?.includes("sync") === true
    assert.strictEqual(own!.outcome, fails ? "failure" : "success", label)
    if (!fails) {
      assert.isTrue(data().startsWith(before))
      assert.notStrictEqual(data(), before)
      assert.include(fs.readFileSync(path.join(home, "runs/one.jsonl"), "utf8"), own!.runId)
    } else {
      assert.isTrue(namesIt(told(own!.error), broken), label)
      assert.strictEqual(data(), before)
    }
    if (one.wayOut === undefined) return
    const failure = fails ? own!.error : (yield* run(root, "rollback", found.newest)).document.error
    for (const file of broken) one.wayOut(root, file, (failure as ErrorDocument | undefined)?.suggestion ?? "")
    const after = yield* run(root, "sync", "one")
    assert.strictEqual(after.document.runs![0]!.outcome, "success", after.label)
    assert.isTrue(data().startsWith(before))
    const undone = yield* run(root, "rollback", after.document.runs![0]!.checkpoint_id!)
    assert.strictEqual(undone.code, 0, undone.label)
  })

beforeAll(() => {
  const scope = Scope.makeUnsafe()
  const prepare = Effect.gen(function* () {
    const root = yield* temporaryProject(files)
    const { runId, checkpoint_id } = (yield* synced(root)).runs.find(({ connector }) => connector === "one")!
    original = { root, runId, checkpoint_id }
  })
  return Effect.runPromise(Scope.provide(prepare, scope)).then(
    () => () => Effect.runPromise(Scope.close(scope, Exit.void)),
  )
})

describe.concurrent("a damaged file of ours concerns nobody else, and there is a way out", () => {
  for (const [name, one] of Object.entries(cases)) {
    for (const damage of [...one.damages, ...(torture ? (one.more ?? []) : [])])
      it.live(`${name}: ${damage}`, () => surviving(one, damage))
  }
})

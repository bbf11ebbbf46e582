import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger } from "effect"
import { execFileSync, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { chmodSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { keyReader, type KeySource } from "../../../src/layers/tokens/keys.ts"
import { withoutDescriptors } from "../../fixtures/descriptors.ts"
import { temporaryProject } from "../../fixtures/project.ts"

const bytes = randomBytes(32)
const base64 = bytes.toString("base64")
const other = randomBytes(32).toString("hex")

const reading = (environment: KeySource["environment"], file: string | null = null, env: Record<string, string> = {}) =>
  keyReader({ file, environment }, "/the/project", Effect.succeed(new Map(Object.entries(env))))

describe("a key", () => {
  it.live("is 32 bytes in any way that programs write them, and the same key in each", () =>
    Effect.gen(function* () {
      const forms = [
        base64,
        base64.replace("=", ""),
        bytes.toString("base64url"),
        `${bytes.toString("base64url")}=`,
        bytes.toString("hex"),
        bytes.toString("hex").toUpperCase(),
        ` ${base64}\n`,
      ]
      const ids = new Set<string | undefined>()
      for (const form of forms) {
        const { current, previous, texts } = yield* reading({ OPENISLANDS_KEY: form })
        ids.add(current?.id)
        assert.isNull(previous)
        assert.lengthOf(current?.secret ?? [], 32)
        // Neither the id nor the key of the cipher is the key that was given.
        assert.isFalse(current?.secret.equals(bytes))
        assert.include(texts, form.trim())
        assert.include(texts, base64)
      }
      assert.lengthOf([...ids], 1)
      assert.notStrictEqual((yield* reading({ OPENISLANDS_KEY: other })).current?.id, [...ids][0])
    }),
  )

  it.live("is none where none is given, or nothing", () =>
    Effect.gen(function* () {
      for (const environment of [{}, { OPENISLANDS_KEY: "", OPENISLANDS_KEY_FILE: "", OPENISLANDS_KEY_PREVIOUS: "" }]) {
        assert.deepEqual(yield* reading(environment), { current: null, previous: null, texts: [] })
      }
    }),
  )

  for (const [what, text] of [
    ["a passphrase", "correct horse battery staple"],
    ["a passphrase of as many characters as a key has", "correct-horse-battery-staple-correct-horse!"],
    ["16 bytes", randomBytes(16).toString("base64")],
    ["33 bytes", randomBytes(33).toString("base64")],
    ["31 bytes in hex", randomBytes(31).toString("hex")],
    // 43 characters say 258 bits: the last two have to be nothing.
    ["one with bits too many", `${"A".repeat(42)}B=`],
    ["two lines", `${base64}\n${base64}`],
    ["a blank", " "],
  ] as const) {
    it.live(`is not ${what}, which an error says without showing it`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(reading({ OPENISLANDS_KEY: text }))
        assert.deepInclude(error, { _tag: "KeyUnusable", from: "OPENISLANDS_KEY", why: "form" })
        if (text.trim() !== "") assert.notInclude(`${error.message} ${error.suggestion}`, text)
        assert.include(error.suggestion, "openssl rand -base64 32")
      }),
    )
  }

  it.live("comes from a file that a flag or a variable names, and is read once", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ key: `${base64}\n`, other })
      const file = path.join(root, "key")
      const { current: expected } = yield* reading({ OPENISLANDS_KEY: base64 })
      const byVariable = yield* reading({ OPENISLANDS_KEY_FILE: file })
      assert.strictEqual(byVariable.current?.id, expected?.id)
      const read = reading({ OPENISLANDS_KEY: other, OPENISLANDS_KEY_PREVIOUS_FILE: path.join(root, "other") }, file)
      const keys = yield* read
      assert.strictEqual(keys.current?.id, expected?.id)
      assert.strictEqual(keys.previous?.id, (yield* reading({ OPENISLANDS_KEY: other })).current?.id)
      writeFileSync(file, "gone")
      assert.strictEqual(yield* read, keys)
    }),
  )

  it.live(
    "comes from a command that prints it, which is run once whoever asks, with the environment that it was given in",
    () =>
      Effect.gen(function* () {
        const root = yield* temporaryProject({ runs: "" })
        const runs = path.join(root, "runs")
        const environment = {
          ...process.env,
          MINE: base64,
          RUNS: runs,
          OPENISLANDS_KEY_COMMAND: `echo run >> "$RUNS" && echo "$MINE" | tr -d '!'`,
          OPENISLANDS_KEY_PREVIOUS_COMMAND: `printf '%s' ${other}`,
        }
        const read = reading(environment)
        const [keys] = yield* Effect.all([read, read, read], { concurrency: "unbounded" })
        assert.strictEqual(keys?.current?.id, (yield* reading({ OPENISLANDS_KEY: base64 })).current?.id)
        assert.strictEqual(keys?.previous?.id, (yield* reading({ OPENISLANDS_KEY: other })).current?.id)
        assert.include(keys?.texts ?? [], base64)
        assert.strictEqual(readFileSync(runs, "utf8"), "run\n")
      }),
  )

  it.live("of a command that fails, prints something else or too much is an error that shows nothing of it", () =>
    Effect.gen(function* () {
      const from = "OPENISLANDS_KEY_COMMAND"
      for (const [command, why, code] of [
        [`echo ${base64}; exit 3`, "command", "exit code 3"],
        ["kill -9 $$", "command", "SIGKILL"],
        ["yes secret", "command", "more than 4096 characters"],
        ["no-such-keychain 2>/dev/null", "command", "exit code 127"],
        ["true", "form", null],
        ["echo secret", "form", null],
      ] as const) {
        const error = yield* Effect.flip(reading({ ...process.env, [from]: command }))
        assert.deepInclude(error, { _tag: "KeyUnusable", from, why, code }, command)
        for (const text of ["secret", base64]) assert.notInclude(`${error.message} ${error.suggestion}`, text)
      }
    }),
  )

  it.live("of a command that cannot be started is an error that says why", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* withoutDescriptors("key"), "too many files are open")
      // More than any system takes as arguments.
      const error = yield* Effect.flip(reading({ OPENISLANDS_KEY_COMMAND: `true ${"x".repeat(3_000_000)}` }))
      assert.deepInclude(error, { why: "command", code: "spawn E2BIG" })
    }),
  )

  it.live("in a file that everybody can read is used, with one warning", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ key: base64 })
      const file = path.join(root, "key")
      const said: Array<string> = []
      const logger = Logger.layer([Logger.make(({ message }) => void said.push([message].flat().join(" ")))])
      const read = reading({ OPENISLANDS_KEY_PREVIOUS_FILE: file }, file)
      chmodSync(file, 0o644)
      yield* read.pipe(Effect.andThen(read), Effect.provide(logger))
      assert.deepEqual(said, [
        `every user of this machine can read the key in file "${file}": chmod 600 keeps it to you`,
      ])
      chmodSync(file, 0o640)
      yield* reading({}, file).pipe(Effect.provide(logger))
      assert.lengthOf(said, 1)
    }),
  )

  it.live("that cannot be read, is given twice or has no successor is an error", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ key: base64 })
      const nowhere = path.join(root, "nowhere")
      assert.deepInclude(yield* Effect.flip(reading({}, nowhere)), { from: nowhere, why: "unreadable", code: "ENOENT" })
      assert.deepInclude(yield* Effect.flip(reading({}, root)), { why: "unreadable", code: "EISDIR" })
      const twice = { OPENISLANDS_KEY: base64, OPENISLANDS_KEY_FILE: path.join(root, "key") }
      assert.deepInclude(yield* Effect.flip(reading(twice)), { from: "OPENISLANDS_KEY", why: "twice" })
      const both = { OPENISLANDS_KEY_COMMAND: "true", OPENISLANDS_KEY_FILE: path.join(root, "key") }
      assert.deepInclude(yield* Effect.flip(reading(both)), { from: "OPENISLANDS_KEY", why: "twice" })
      assert.isNotNull((yield* reading(both, path.join(root, "key"))).current, "a flag beats all of them")
      const alone = { OPENISLANDS_KEY_PREVIOUS: base64 }
      assert.deepInclude(yield* Effect.flip(reading(alone)), { from: "OPENISLANDS_KEY_PREVIOUS", why: "alone" })
    }),
  )

  it.live("that comes by a pipe is read once, also when the other key is not there yet", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({})
      const [pipe, file, go] = [path.join(root, "pipe"), path.join(root, "other"), path.join(root, "go")]
      execFileSync("mkfifo", [pipe])
      yield* Effect.acquireRelease(
        // Whoever reads it twice gets something else.
        Effect.sync(() => {
          const script = 'echo "$1" > "$0"; while [ ! -e "$2" ]; do sleep 0.02; done; echo no key > "$0"'
          return spawn("sh", ["-c", script, pipe, base64, go])
        }),
        (writer) => Effect.sync(() => writer.kill("SIGKILL")),
      )
      const read = reading({ OPENISLANDS_KEY_PREVIOUS_FILE: file }, pipe)
      assert.deepInclude(yield* Effect.flip(read), { from: file, why: "unreadable" })
      writeFileSync(go, "")
      assert.deepInclude(yield* Effect.flip(read), { from: file, why: "unreadable" })
      writeFileSync(file, other)
      assert.isNotNull((yield* read).current)
    }),
  )

  it.live("that lies beside the tokens is refused, also through a link; one that a link leads out to is not", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ key: base64 })
      const elsewhere = yield* temporaryProject({ key: base64 })
      symlinkSync(path.join(elsewhere, "key"), path.join(root, "out"))
      symlinkSync(path.join(root, "key"), path.join(elsewhere, "in"))
      const at = (file: string) => keyReader({ file, environment: {} }, root, Effect.succeed(new Map<string, string>()))
      for (const file of [path.join(root, "key"), path.join(elsewhere, "in")]) {
        assert.deepInclude(yield* Effect.flip(at(file)), { from: file, why: "beside" })
      }
      assert.isNotNull((yield* at(path.join(root, "out"))).current)
      for (const name of ["OPENISLANDS_KEY", "OPENISLANDS_KEY_PREVIOUS"]) {
        // Also where the environment was filled from it.
        const error = yield* Effect.flip(reading({ OPENISLANDS_KEY: base64 }, null, { [name]: base64 }))
        assert.deepInclude(error, { from: `.env (${name})`, why: "beside" })
      }
      for (const name of ["OPENISLANDS_KEY_FILE", "OPENISLANDS_KEY_COMMAND"]) {
        const error = yield* Effect.flip(reading({}, null, { [name]: "whatever" }))
        assert.deepInclude(error, { from: `.env (${name})`, why: "dotenv" })
      }
    }),
  )
})

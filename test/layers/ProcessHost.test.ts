import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { bundleOf, declaration, describe as describeGuest } from "../fixtures/guests.ts"
import { temporaryProject } from "../fixtures/project.ts"

it.live("a guest that the system doesn't start is an error that says so", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const bundle = yield* bundleOf(root, declaration(`"new"`))
    // More than any system takes as arguments.
    const read = [`/${"x".repeat(3_000_000)}`]
    const error = yield* describeGuest(root, bundle, { read, net: null }).pipe(Effect.flip)
    assert.deepInclude(error, { _tag: "LoadError", reason: "crashed" })
    assert.include(error.message, "its process could not be started: spawn E2BIG")
  }),
)

it.live("old descriptions are cleared away, not the newest", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "manifest.json": "{}" })
    const directory = path.join(root, ".openislands/cache/describe")
    mkdirSync(directory, { recursive: true })
    const old = (at: number) => path.join(directory, `${at}.json`)
    for (let at = 0; at < 1_000; at++) {
      writeFileSync(old(at), "{}")
      utimesSync(old(at), at, at)
    }
    const bundle = yield* bundleOf(root, declaration(`"new"`))
    yield* describeGuest(root, bundle)
    assert.lengthOf(readdirSync(directory), 500)
    assert.isFalse(existsSync(old(500)))
    assert.isTrue(existsSync(old(501)))
    assert.strictEqual((yield* describeGuest(root, bundle)).declaration.description, "new")
  }),
)

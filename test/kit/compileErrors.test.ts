import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { symlink } from "node:fs/promises"
import * as path from "node:path"
import { temporaryProject } from "../fixtures/project.ts"

const repository = path.join(import.meta.dirname, "../..")
const tsc = path.join(repository, "node_modules/typescript/bin/tsc")
const flags = ["--ignoreConfig", "--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--types", ""]

/** Each line of `sync(ctx)`, or the output beside it, and what the compiler has to say of it. */
const mistakes = {
  "an output that was not declared": [
    `await ctx.insert("evnts", [])`,
    `'"evnts"' is not assignable to parameter of type '"days" | "plain"'`,
  ],
  "a row of another type": [
    `await ctx.insert("days", [{ day: 1, steps: 1 }])`,
    `'number' is not assignable to type 'string'`,
  ],
  "a row that lacks a column": [
    `await ctx.replace("days", [{ day: "2026-01-01" }])`,
    `Property 'steps' is missing in type '{ day: string; }' but required in type '{ day: string; steps: number; }'`,
  ],
  "a key of config that its schema lacks": [
    `void ctx.config.lookback`,
    `Property 'lookback' does not exist on type '{ since: string; }'`,
  ],
  "a secret that was not declared": [
    `void ctx.secrets.API_KEI`,
    `Property 'API_KEI' does not exist on type '{ readonly API_KEY: string; }'`,
  ],
  "an upsert without a key": [
    `await ctx.upsert("plain", [])`,
    `'"output \\"plain\\" declares no key: name its columns in outputs.plain.key"'`,
  ],
  "an upsert of an output that was not declared": [
    `await ctx.upsert("dayz", [])`,
    `'"dayz"' is not assignable to parameter of type '"days" | "plain"'`,
  ],
} as const

const source = `import { defineConnector } from "@openislands/connector-kit"
import { z } from "zod"
const row = z.object({ day: z.string(), steps: z.number() })
export const one = defineConnector({
  description: "d",
  config: z.object({ since: z.string() }),
  secrets: ["API_KEY"],
  outputs: { days: { key: "day", schema: row }, plain: {} },
  async sync(ctx) {
${Object.values(mistakes)
  .map(([line]) => line)
  .join("\n")}
  },
})
export const two = defineConnector({ description: "d", outputs: { a: { key: "dai", schema: row } }, sync() {} })
export const three = defineConnector({ description: "d", outputs: { a: { descripton: "d" } }, sync() {} })
`

describe("what the compiler says of a mistake", () => {
  it.live("can be understood, and stands at the very line", () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "index.ts": source, "package.json": `{ "type": "module" }` })
      yield* Effect.promise(() => symlink(path.join(repository, "node_modules"), path.join(root, "node_modules")))
      const told = yield* Effect.callback<string>((resume) => {
        execFile(process.execPath, [tsc, ...flags, "index.ts"], { cwd: root }, (_, stdout) =>
          resume(Effect.succeed(stdout)),
        )
      })
      const lines = source.split("\n")
      const of = (part: string) => {
        const at = `index.ts(${lines.findIndex((line) => line.includes(part)) + 1},`
        return told.split(/^(?=index\.ts)/m).filter((error) => error.startsWith(at))
      }
      for (const [what, [line, message]] of Object.entries(mistakes)) {
        assert.lengthOf(of(line), 1, `${what}: ${told}`)
        assert.include(of(line)[0], message, what)
      }
      assert.include(of("dai")[0], `not assignable to type 'KeyIsNoColumnOfItsSchema<"day" | "steps">'`)
      assert.include(of("descripton")[0], "Did you mean to write 'description'?")
    }),
  )
})

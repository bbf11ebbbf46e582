import { assert, describe, it } from "@effect/vitest"
import { validate } from "dockerfile-utils"
import { Effect } from "effect"
import { execFile } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import * as path from "node:path"
import { image, instructions, only, text as dockerfile, wordsOf } from "../fixtures/dockerfile.ts"
import { temporaryProject } from "../fixtures/project.ts"
import { known, unitFile } from "../fixtures/unitFile.ts"

const root = path.join(import.meta.dirname, "..", "..")
const textOf = (file: string) => readFileSync(path.join(root, file), "utf8")

describe("the Dockerfile", () => {
  it("is one, without a warning", () => {
    assert.deepEqual(validate(dockerfile), [])
    // What a linter of this kind is for: it does find things.
    assert.isNotEmpty(validate("FROM node\nCMD a\nCMD b\nEXPOSE many\n"))
  })

  it("runs nothing as root, keeps the project in a volume, and is asked for its health", () => {
    const user = image.findIndex(({ keyword }) => keyword === "USER")
    assert.strictEqual(only("USER"), "node")
    assert.isEmpty(image.slice(user).filter(({ keyword }) => ["RUN", "COPY", "ADD"].includes(keyword)))
    assert.strictEqual(only("VOLUME"), only("WORKDIR"))
    assert.include(only("HEALTHCHECK"), "/healthz")
    assert.deepEqual([...wordsOf(only("ENTRYPOINT")), ...wordsOf(only("CMD"))].slice(0, 4), [
      "openislands",
      "serve",
      "--host",
      "0.0.0.0",
    ])
  })

  it("is of the oldest Node that is supported, and has no secret in it", () => {
    const { engines } = JSON.parse(textOf("package.json")) as { readonly engines: { readonly node: string } }
    const bases = instructions.filter(({ keyword }) => keyword === "FROM").map(({ argument }) => argument.split(" ")[0])
    assert.deepEqual(new Set(bases), new Set([`node:${engines.node.replace(">=", "")}-slim`]))
    assert.isEmpty(instructions.filter(({ keyword }) => keyword === "ENV" || keyword === "ARG"))
    const ignored = textOf(".dockerignore").split("\n")
    assert.includeMembers(ignored, [".env*", "**/node_modules", ".git", "**/.openislands"])
  })
})

/** It reads other units too, which may have their own faults. */
const ofOurs = (said: string) => said.split("\n").filter((line) => line.includes("openislands.service"))

describe("the systemd unit", () => {
  const text = textOf("docs/openislands.service")
  const directives = unitFile(text)
  const valueOf = (name: string) => directives.find((one) => one[1] === name)?.[2]

  it("has directives that systemd knows, each once", () => {
    for (const [section, name] of directives) assert.isTrue(known[section]?.has(name), `[${section}] ${name}`)
    assert.strictEqual(new Set(directives.map(([, name]) => name)).size, directives.length)
    assert.throws(() => unitFile("[Service]\nno directive"), /no line of a unit/)
  })

  it("runs it as nobody in particular, where it can write its project only", () => {
    assert.notInclude(["", "root", undefined], valueOf("User"))
    assert.strictEqual(valueOf("WorkingDirectory"), `/var/lib/${valueOf("StateDirectory")}`)
    assert.strictEqual(valueOf("ProtectSystem"), "strict")
    assert.strictEqual(valueOf("CapabilityBoundingSet"), "")
    assert.match(
      valueOf("ExecStart")!,
      /^\/usr\/local\/bin\/openislands serve .*--token-file \$\{CREDENTIALS_DIRECTORY\}\/token/,
    )
  })

  it.live("is what systemd itself takes for one, where it is there to be asked", () =>
    Effect.gen(function* () {
      const program = "/usr/bin/systemd-analyze"
      if (!existsSync(program)) return
      const directory = yield* temporaryProject({})
      // It objects to programs that aren't installed.
      const file = path.join(directory, "openislands.service")
      const verified = (unit: string) =>
        Effect.promise(async () => {
          await writeFile(file, unit.replace("/usr/local/bin/openislands", process.execPath))
          return await new Promise<string>((resolve) =>
            execFile(program, ["verify", "--man=no", file], (_, stdout, stderr) => resolve(stdout + stderr)),
          )
        })
      assert.deepEqual(ofOurs(yield* verified(text)), [])
      assert.isNotEmpty(ofOurs(yield* verified(text.replace("ProtectProc=invisible", "ProtectProc=perhaps"))))
    }),
  )
})

import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, type Scope } from "effect"
import { spawn } from "node:child_process"
import { glob, readFile, writeFile } from "node:fs/promises"
import * as inspector from "node:inspector"
import { createServer } from "node:net"
import * as path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { bundleOf, declaration, describe as describeGuest, nothing } from "../../fixtures/guests.ts"
import { temporaryProject } from "../../fixtures/project.ts"

/**
 * Each attack runs twice: with the fence, where it gets nothing and the host lives on to say so; and before that as a
 * control, in a Node process that was forked without any fence, where it gets what it came for. Otherwise an attack
 * that is badly written would pass for a fence that holds.
 */
interface Attack {
  /** Body of an async function that returns its loot; `place` is in scope, and `import()` is. */
  readonly code: string
  /** In the control the host dies of it; else there is loot. */
  readonly kills?: true
  /** What may be read with the fence. */
  readonly grant?: true
  /** It is the guest that doesn't survive it. */
  readonly crashes?: true
}

const readSecret = (fs: string) => `return (${fs}).readFileSync(place.secret, "utf8")`
const readDatabase = (sqlite: string) =>
  `const { DatabaseSync } = ${sqlite}\nreturn new DatabaseSync(place.database).prepare("select * from loot").get().it`
const each = (numbers: string, action: string) =>
  `for (const fd of ${numbers}) try { ${action} } catch {}\nawait new Promise((done) => setTimeout(done, 300))`

const attacks: Readonly<Record<string, Attack>> = {
  "process.kill of the host": { code: `process.kill(process.ppid, "SIGKILL")`, kills: true },
  "process._kill of the host": { code: `process._kill(process.ppid, 9)`, kills: true },
  "process.execve of another program": {
    code: `process.execve("/bin/kill", ["kill", "-9", String(process.ppid)], {})`,
    kills: true,
  },
  "the host's inspector, opened by a signal": {
    code: `process._debugProcess(process.ppid)
      for (let i = 0; i < 50; i++) {
        await new Promise((done) => setTimeout(done, 20))
        const targets = await fetch("http://127.0.0.1:" + place.inspectorPort + "/json").then((a) => a.json(), () => [])
        if (targets.length > 0) return targets[0].webSocketDebuggerUrl
      }`,
  },
  "its own inspector": { code: `const { url, open } = await import("node:inspector")\nopen(0)\nreturn url()` },
  "process.binding of the file system": { code: `return typeof process.binding("fs").open` },
  "process.binding of processes": { code: `return typeof process.binding("spawn_sync").spawn` },
  "process.dlopen": { code: `const it = { exports: {} }\nprocess.dlopen(it, place.addon)\nreturn typeof it.exports` },
  "process.report of the environment": { code: `return process.report.getReport().environmentVariables.LOOT` },
  "process.env": { code: `return process.env.LOOT` },
  "process.loadEnvFile": { code: `process.loadEnvFile(place.env)\nreturn process.env.TOKEN` },
  "process._getActiveHandles": {
    code: `const server = (await import("node:net")).createServer().listen(0)
      return process._getActiveHandles().includes(server) || undefined`,
  },

  "sqlite by import": { code: readDatabase(`await import("node:sqlite")`) },
  "sqlite by getBuiltinModule": { code: readDatabase(`process.getBuiltinModule("node:sqlite")`) },
  "sqlite by createRequire": {
    code: readDatabase(`(await import("node:module")).createRequire(import.meta.url)("node:sqlite")`),
  },
  "a file by import": { code: readSecret(`await import("node:fs")`) },
  "a file by import without node:": { code: readSecret(`await import("fs")`) },
  "a file by getBuiltinModule": { code: readSecret(`process.getBuiltinModule("fs")`) },
  "a file by a getBuiltinModule that was lied to": {
    code: `String.prototype.replace = String.prototype.slice = String.prototype.startsWith = () => "zlib"
      Array.prototype.includes = Set.prototype.has = () => true\n${readSecret(`process.getBuiltinModule("fs")`)}`,
  },
  "a file by process.mainModule": { code: readSecret(`process.mainModule.require("fs")`) },
  "a file by the class of stdin": {
    code: `const { constructor: ReadStream } = process.stdin
      for await (const chunk of new ReadStream(place.secret)) return String(chunk)`,
  },
  "a module by its path": { code: `return (await import(place.module)).default` },
  "a module by its URL": { code: `return (await import(new URL("file://" + place.module))).default` },
  "a data: module": { code: `return (await import("data:text/javascript,export default 'loot'")).default` },
  "import() of a function made from text": {
    code: readSecret(`await (async () => {}).constructor("return import('node:fs')")()`),
  },
  "import() of an evaluated text": { code: readSecret(`await (0, eval)("import('node:fs')")`) },
  "node:vm": { code: `return (await import("node:vm")).runInThisContext("'loot'")` },
  "hooks of its own in node:module": {
    code: `const { registerHooks } = await import("node:module")\nregisterHooks({})\nreturn "loot"`,
  },
  "node:process": { code: `return typeof (await import("node:process")).default.kill` },
  "node:os": { code: `return (await import("node:os")).userInfo().username` },
  "a thread": {
    code: `const { Worker } = await import("node:worker_threads")
      const worker = new Worker("require('worker_threads').parentPort.postMessage('loot')", { eval: true })
      return new Promise((done, fail) => worker.once("message", done).once("error", fail))`,
  },
  "a child process": {
    code: `return (await import("node:child_process")).execFileSync("/bin/cat", [place.secret], { encoding: "utf8" })`,
  },
  "WebAssembly's system interface": { code: `return typeof (await import("node:wasi")).WASI` },
  "a socket in the file system": {
    code: `const { connect } = await import("node:net")
      return new Promise((done, fail) => connect(place.socket).once("data", (data) => done(String(data))).once("error", fail))`,
  },
  "a socket in the file system, by http": {
    code: `const { request } = await import("node:http")
      return new Promise((done, fail) => request({ socketPath: place.socket }).once("error", (error) =>
        error.code === "HPE_INVALID_CONSTANT" ? done("reached") : fail(error)).end())`,
  },
  "a server that puts a socket into the file system": {
    code: `const { createServer } = await import("node:net")
      return new Promise((done, fail) => createServer().once("error", fail).listen(place.newSocket, () => done("made")))`,
  },

  "a file above the grant, by ..": {
    code: `const fs = await import("fs")\nreturn fs.readFileSync(place.granted + "/../secret", "utf8")`,
    grant: true,
  },
  "a file above the grant, as bytes": {
    code: `const fs = await import("fs")\nreturn fs.readFileSync(Buffer.from(place.granted + "/../secret"), "utf8")`,
    grant: true,
  },
  "a file above the grant, after chdir": {
    code: `const fs = await import("fs")\nprocess.chdir(place.granted)\nreturn fs.readFileSync("../secret", "utf8")`,
    grant: true,
  },
  "a file above the grant, with fs believing in a permission": {
    code: `if (process.permission) process.permission.has = () => true\n${readSecret(`await import("fs")`)}`,
    grant: true,
  },
  "a file above the grant, by a promise": {
    code: `return (await import("fs/promises")).readFile(place.secret, "utf8")`,
    grant: true,
  },
  "a file above the grant, as a blob": {
    code: `return (await (await import("fs")).openAsBlob(place.secret)).text()`,
    grant: true,
  },
  "a file above the grant, by a link of its own": {
    code: `const fs = await import("fs")\nfs.symlinkSync(place.secret, place.granted + "/own")\nreturn fs.readFileSync(place.granted + "/own", "utf8")`,
    grant: true,
  },
  "a file above the grant, by a hard link of its own": {
    code: `const fs = await import("fs")\nfs.linkSync(place.secret, place.granted + "/hard")\nreturn fs.readFileSync(place.granted + "/hard", "utf8")`,
    grant: true,
  },
  "a listing above the grant": { code: `return (await import("fs")).readdirSync(place.root).join()`, grant: true },
  "a file's size above the grant": { code: `return (await import("fs")).statSync(place.secret).size`, grant: true },
  "a file's existence above the grant": {
    code: `return (await import("fs")).existsSync(place.secret) || undefined`,
    grant: true,
  },
  "the host's environment in /proc": {
    code: `return (await import("fs")).readFileSync("/proc/" + process.ppid + "/environ", "utf8")`,
    grant: true,
  },
  "writing a file in its grant": {
    code: `const fs = await import("fs")\nfs.writeFileSync(place.granted + "/new", "x")\nreturn "written"`,
    grant: true,
  },
  "changing a file in its grant by a descriptor": {
    code: `const fs = await import("fs")\nconst fd = fs.openSync(place.granted + "/open", "r")
      const tried = [() => fs.fchmodSync(fd, 0o777), () => fs.futimesSync(fd, 1, 1), () => fs.fchownSync(fd, 1, 1)]
      return tried.filter((change) => { try { change(); return true } catch { return false } }).length || undefined`,
    grant: true,
  },

  "garbage on every descriptor that it inherited, by fs": {
    code: `const fs = await import("fs")\n${each("Array(21).keys()", `fs.writeSync(fd, "garbage\\n")`)}`,
    kills: true,
    crashes: true,
    grant: true,
  },
  "a forged message of Node's own protocol": {
    code: each("[3]", `(await import("fs")).writeSync(fd, '{"cmd":"NODE_HANDLE_ACK"}\\n')`),
    kills: true,
    crashes: true,
    grant: true,
  },
  "process.send": { code: `process.send({ cmd: "NODE_HANDLE_ACK" })\n${each("[]", "")}`, kills: true },
}

const attacker = (place: object, { code }: Attack) => `const place = ${JSON.stringify(place)}
const attack = async () => {\n${code}\n}
let loot
try { loot = await attack() } catch (error) { loot = undefined }
export const report = loot === undefined ? "nothing" : "loot: " + loot
${declaration("report")}`

/** Where the attacks look, in this process: it is the host that they are after. */
const scene: Effect.Effect<
  { readonly root: string; readonly granted: string } & Record<string, unknown>,
  never,
  Scope.Scope
> = Effect.gen(function* () {
  const root = yield* temporaryProject({
    secret: "loot",
    ".env": "TOKEN=loot",
    "granted/open": "open",
    "loot.mjs": "export default 'loot'",
  })
  const at = (name: string) => path.join(root, name)
  const database = new DatabaseSync(at("database.sqlite"))
  database.exec("create table loot (it text); insert into loot values ('loot')")
  database.close()
  yield* Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const server = createServer((socket) => void socket.on("error", () => {}).end("loot\n"))
      server.listen(at("socket"), () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close()),
  )
  return {
    root,
    secret: at("secret"),
    env: at(".env"),
    granted: at("granted"),
    database: at("database.sqlite"),
    socket: at("socket"),
    newSocket: at("granted/socket"),
    module: at("loot.mjs"),
    addon: yield* anyAddon,
    inspectorPort: process.debugPort,
  }
})

/** Some addon that came with the tools of this repository. */
const anyAddon = Effect.promise(async () => {
  const modules = path.join(import.meta.dirname, "..", "..", "..", "node_modules")
  for await (const file of glob(`@*/*${process.platform}-${process.arch}*/*.node`, { cwd: modules }))
    return path.join(modules, file)
  throw new Error("no addon among the dependencies")
})

/** The attack in a process that was forked by a host of its own, with nothing in its way. */
const control = (root: string, place: object, attack: Attack) =>
  Effect.gen(function* () {
    yield* Effect.promise(async () => {
      await writeFile(path.join(root, "control.mjs"), attacker(place, attack))
      await writeFile(
        path.join(root, "forked.cjs"),
        `import("./control.mjs").then(({ report }) => process.send?.({ report }))`,
      )
      await writeFile(path.join(root, "host.mjs"), hostWithoutFence)
    })
    const port = String((place as { readonly inspectorPort: number }).inspectorPort)
    return yield* Effect.callback<{ readonly died: boolean; readonly report: string }>((resume) => {
      const host = spawn(process.execPath, [`--inspect-port=${port}`, "host.mjs"], {
        cwd: root,
        env: { LOOT: "loot" },
        stdio: ["ignore", "pipe", "ignore"],
      })
      let report = ""
      host.stdout.setEncoding("utf8").on("data", (text: string) => (report += text))
      host.on("close", (code) => resume(Effect.succeed({ died: code !== 0, report })))
    })
  })

const hostWithoutFence = `import { fork } from "node:child_process"
const child = fork("forked.cjs", [], { stdio: ["ignore", "ignore", "ignore", "ipc"] })
child.on("message", ({ report }) => { process.stdout.write(report); child.kill("SIGKILL") })
child.on("exit", () => process.exit(0))
`

process.env["LOOT"] = "loot"

describe.concurrent("an attack that succeeds without the fence gets nothing with it, and the host lives:", () => {
  for (const [name, attack] of Object.entries(attacks)) {
    it.live(name, () =>
      Effect.gen(function* () {
        const place = yield* scene
        const free = { ...place, inspectorPort: 9_300 + Math.floor(Math.random() * 600) }
        const without = yield* control(place.root, free, attack)
        if (attack.kills) assert.isTrue(without.died, `the control didn't work: ${without.report}`)
        else assert.match(without.report, /^loot: (?!undefined)/, "the control didn't work")

        const second = yield* scene
        const bundle = yield* bundleOf(second.root, attacker({ ...second, inspectorPort: process.debugPort }, attack))
        const permissions = attack.grant ? { read: [second.granted], net: null } : nothing
        const outcome = yield* describeGuest(second.root, bundle, permissions, 3_000).pipe(Effect.result)
        if (attack.crashes && Result.isFailure(outcome))
          assert.include(["crashed", "timeout"], reasonOf(outcome.failure))
        else assert.strictEqual(Result.getOrThrow(outcome).declaration.description, "nothing")
        assert.isUndefined(inspector.url())
        assert.strictEqual(yield* Effect.promise(() => readFile(path.join(second.root, "secret"), "utf8")), "loot")
      }),
    )
  }
})

const reasonOf = (failure: object): unknown => (failure as { readonly reason?: unknown }).reason

/** What has no control: there is nothing to get, but a host that isn't careful would be confused or held up. */
const describing = Effect.fnUntraced(function* (text: string) {
  const { root } = yield* scene
  const outcome = yield* describeGuest(root, yield* bundleOf(root, text), nothing, 3_000).pipe(Effect.result)
  return Result.isSuccess(outcome) ? outcome.success.declaration.description : outcome.failure.message
})

describe.concurrent(
  "a guest that has changed the language under our feet is described, or named, and the host lives:",
  () => {
    for (const [name, code] of Object.entries({
      "then of every object": `Object.prototype.then = function (done) { done({ type: "described" }) }`,
      "then of every object, never called back": "Object.prototype.then = () => {}",
      "toJSON of every object": `Object.prototype.toJSON = () => ({ type: "described", description: { outputs: "none" } })`,
      "JSON.stringify": "JSON.stringify = () => 'garbage'",
      "JSON.stringify, with two messages in one": `const one = JSON.stringify; JSON.stringify = (it) => one(it) + "\\n" + one(it)`,
      "Array.prototype.map": "Array.prototype.map = () => { throw new Error('map') }",
      "Array's iterator": "Array.prototype[Symbol.iterator] = function* () { for (;;) yield 1 }",
      "String.prototype.split": "String.prototype.split = () => []",
      "Promise.prototype.then": "Promise.prototype.then = () => new Promise(() => {})",
      "Object.prototype.default": "Object.prototype.type = 'described'; Object.prototype.description = {}",
      "EventEmitter's emit": `(await import("node:events")).EventEmitter.prototype.emit = () => { throw new Error("emit") }`,
      "Error.prepareStackTrace": `Error.prepareStackTrace = () => { throw new Error("stack") }; throw new Error("thrown")`,
      "Error.prepareStackTrace to a number": `Error.prepareStackTrace = () => 7; throw new Error("thrown")`,
      "process.exit": "process.exit = () => {}",
      "exit's handlers": `process.on("exit", () => { for (;;); })`,
      "process itself": "globalThis.process = undefined",
    })) {
      it.live(name, () =>
        Effect.gen(function* () {
          const told = yield* describing(`${code}\n${declaration(`"sound"`)}`)
          assert.match(told, /^(sound$|connectors\/guest\/index\.ts:1:1: .)/)
        }),
      )
    }

    it.live("a stack of any length that it made up doesn't keep the host busy", () =>
      Effect.gen(function* () {
        const { root, granted } = yield* scene
        const forged = `import { writeSync } from "node:fs"
const stack = "file://".repeat(1e6)
let rest = Buffer.from(JSON.stringify({ type: "failed", reason: "threw", detail: "made up", stack }) + "\\n")
while (rest.length > 0) try { rest = rest.subarray(writeSync(3, rest)) } catch {}
${declaration(`"sound"`)}`
        const started = Date.now()
        const permissions = { read: [granted], net: null }
        const error = yield* describeGuest(root, yield* bundleOf(root, forged), permissions, 10_000).pipe(Effect.flip)
        assert.match(error.message, /made up/)
        assert.isBelow(Date.now() - started, 5_000)
      }),
    )

    it.live("an endless message doesn't fill the host's memory", () =>
      Effect.gen(function* () {
        const { root, granted } = yield* scene
        const flood = `import { writeSync } from "node:fs"
for (const end = Date.now() + 2_000; Date.now() < end; ) try { writeSync(3, "x".repeat(1e5)) } catch {}
${declaration(`"sound"`)}`
        const before = process.memoryUsage().rss
        const permissions = { read: [granted], net: null }
        const error = yield* describeGuest(root, yield* bundleOf(root, flood), permissions, 10_000).pipe(Effect.flip)
        assert.match(error.message, /sent what a connector cannot send/)
        assert.isBelow((process.memoryUsage().rss - before) / 1_048_576, 300)
      }),
    )
  },
)

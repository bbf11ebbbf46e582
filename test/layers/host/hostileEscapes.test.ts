import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { glob, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { type Hostile, hostileHost } from "../../fixtures/hostile.ts"

const failed = (words: RegExp) => ({ tag: "ConnectorFailed", words })
const notAFunction = failed(/is not a function/)
const noImport = failed(/cannot be imported by a connector/)

const cases: Readonly<Record<string, Hostile>> = {
  "process.kill of another process": { code: `return process.kill(process.pid, 0)`, ...notAFunction },
  "process.setuid": { code: `process.setuid(process.getuid())\nreturn "set"`, ...notAFunction },
  "process.setgroups": { code: `process.setgroups(process.getgroups())\nreturn "set"`, ...notAFunction },
  "process.initgroups": { code: `return typeof process.initgroups.name`, ...failed(/initgroups|undefined/) },
  "process.binding": { code: `return typeof process.binding("fs")`, ...notAFunction },
  "process.dlopen": {
    code: `const it = { exports: {} }\nprocess.dlopen(it, place.addon)\nreturn typeof it`,
    ...notAFunction,
  },
  "process.execve": {
    code: `process.execve("/bin/echo", ["echo", "loot: executed"], {})`,
    ...notAFunction,
    free: ({ stdout }) => has(stdout, "loot: executed"),
  },
  "process.loadEnvFile": { code: `process.loadEnvFile()\nreturn process.env.TOKEN`, ...notAFunction },
  "process.report": { code: `return process.report.getReport().environmentVariables.LOOT`, ...failed(/undefined/) },
  "process.env": { code: `return process.env.LOOT`, ...failed(/got nothing/) },
  "node:module register": {
    code: `const { register } = await load("node:module")
      register("data:text/javascript,export const load = () => ({ format: 'module', shortCircuit: true, source: 'export default 7' })")
      return (await load("any:thing")).default`,
    ...noImport,
  },
  "node:module registerHooks": { code: `(await load("node:module")).registerHooks({})\nreturn "hooked"`, ...noImport },
  "node:module createRequire": {
    code: `return (await load("node:module")).createRequire("file:///x.js")("node:fs").readFileSync(place.secret, "utf8")`,
    ...noImport,
  },
  "node:module syncBuiltinESMExports": {
    code: `(await load("node:module")).syncBuiltinESMExports()\nreturn "synced"`,
    ...noImport,
  },
  "node:module _load": { code: `return typeof (await load("node:module")).default._load("fs")`, ...noImport },
  "node:worker_threads": {
    code: `const { Worker } = await load("node:worker_threads")
      return new Promise((done, fail) => new Worker("require('worker_threads').parentPort.postMessage('ran')", { eval: true }).once("message", done).once("error", fail))`,
    ...noImport,
  },
  "node:child_process": {
    code: `return (await load("node:child_process")).execFileSync("/bin/cat", [place.secret], { encoding: "utf8" })`,
    ...noImport,
  },
  "node:cluster": { code: `return typeof (await load("node:cluster")).default.fork`, ...noImport },
  "node:inspector": {
    code: `const { open, url, close } = await load("node:inspector")\nopen(0)\nconst it = url()\nclose()\nreturn it`,
    ...noImport,
  },
  "node:v8": { code: `return (await load("node:v8")).getHeapStatistics().heap_size_limit`, ...noImport },
  "node:vm": { code: `return (await load("node:vm")).runInNewContext("this.constructor.name")`, ...noImport },
  "node:sqlite": {
    code: `return typeof new ((await load("node:sqlite")).DatabaseSync)(place.root + "/made.sqlite")`,
    ...noImport,
  },
  "node:fs without a grant": { code: `return (await load("node:fs")).readFileSync(place.secret, "utf8")`, ...noImport },
  "node:os": { code: `return (await load("node:os")).hostname()`, ...noImport },
  "node:dgram": { code: `return typeof (await load("node:dgram")).createSocket("udp4").close()`, ...noImport },
  "node:http2": { code: `return typeof (await load("node:http2")).connect`, ...noImport },
  "node:repl": { code: `return typeof (await load("node:repl")).start`, ...noImport },
  "node:async_hooks": { code: `return typeof (await load("node:async_hooks")).createHook`, ...noImport },
  "node:diagnostics_channel, which hears of every request": {
    code: `return typeof (await load("node:diagnostics_channel")).subscribe`,
    ...noImport,
  },
  "a data: import": { code: `return (await load("data:text/javascript,export default 'ran'")).default`, ...noImport },
  "an import of json": {
    code: `return (await import(place.json, { with: { type: "json" } })).default`,
    ...noImport,
  },
  "a file: import": { code: `return (await load("file://" + place.module)).default`, ...noImport },
  "a file by getBuiltinModule": {
    code: `return process.getBuiltinModule("fs").readFileSync(place.secret, "utf8")`,
    ...failed(/undefined/),
  },
  "a file by the class of stdin": {
    code: `const { constructor: ReadStream } = process.stdin
      for await (const chunk of new ReadStream(place.secret)) return String(chunk)`,
    ...failed(/Access to this API has been restricted/),
  },
  "import() of a function made from text": {
    code: `return (await (async () => {}).constructor("return import('node:fs')")()).readFileSync(place.secret, "utf8")`,
    ...failed(/import/),
  },
  "a file beside its grant": {
    code: `return (await load("node:fs")).readFileSync(place.granted + "/../secret", "utf8")`,
    grant: { read: ["granted"] },
    ...failed(/Access to this API has been restricted/),
  },
  "a link of its own out of its grant": {
    code: `const fs = await load("node:fs")\nfs.symlinkSync(place.secret, place.granted + "/own")\nreturn fs.readFileSync(place.granted + "/own", "utf8")`,
    grant: { read: ["granted"] },
    ...failed(/requires full fs.read/),
  },
  "writing into its grant": {
    code: `(await load("node:fs")).writeFileSync(place.granted + "/new", "x")\nreturn "written"`,
    grant: { read: ["granted"] },
    ...failed(/restricted/),
  },
  "writing a dataset": {
    code: `(await load("node:fs")).appendFileSync(place.root + "/data/sound.jsonl", "")\nreturn "written"`,
    grant: { read: ["granted"] },
    ...failed(/restricted/),
  },
  "the project's secrets": {
    code: `return (await load("node:fs")).readFileSync(place.root + "/.env", "utf8")`,
    grant: { read: ["granted"] },
    ...failed(/restricted/),
  },
  "the host's memory": {
    code: `return (await load("node:fs")).readFileSync("/proc/" + process.ppid + "/maps", "utf8").length`,
    grant: { read: ["granted"] },
    ...failed(/restricted/),
  },
  "giving itself permission": {
    code: `const fs = await load("node:fs")
      if (process.permission) process.permission.has = () => true
      Object.defineProperty(process, "permission", { value: undefined, configurable: true })
      return fs.readFileSync(place.secret, "utf8")`,
    grant: { read: ["granted"] },
    ...failed(/restricted|redefine/),
  },
}

const has = (text: string, part: string): void => {
  if (!text.includes(part)) throw new Error(`without the fence it didn't work: ${text}`)
}

const scene = (root: string) =>
  Effect.promise(async () => {
    const modules = path.join(import.meta.dirname, "../../../node_modules")
    const [addon] = await Array.fromAsync(glob(`@*/*${process.platform}-${process.arch}*/*.node`, { cwd: modules }))
    await writeFile(path.join(root, "loot.mjs"), "export default 'ran'")
    return { addon: path.join(modules, addon!), module: path.join(root, "loot.mjs"), json: "data:application/json,7" }
  })

describe.concurrent("a connector that gets what it wants without the fence gets an error with it:", () => {
  const check = hostileHost(cases, scene)
  for (const name of Object.keys(cases)) it.live(name, () => check(name))
})

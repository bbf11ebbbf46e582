import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createHash } from "node:crypto"
import { mkdirSync, writeFileSync } from "node:fs"
import { createServer, type IncomingMessage } from "node:http"
import { type AddressInfo, createServer as createTcpServer } from "node:net"
import * as path from "node:path"
import type { Duplex } from "node:stream"
import { type Hostile, hostileHost } from "../../fixtures/hostile.ts"

/** The treasury is at another address, which no name leads to. */
const granted = { net: ["localhost"] }
const unreached = { tag: "ConnectorFailed", words: /is out of the connector's reach|add ".+" to permissions\.net/ }
const refused = { tag: "ConnectorFailed", words: /EPERM|not permitted/ }
const ownServer = { tag: "ConnectorFailed", words: /own server|EPERM/ }

/** A socket without net, and what it answers. That nobody listens is told as an error that no other try would mend. */
const socket = `const { constructor: Socket } = process.stdout
      const talk = (one) => new Promise((done, fail) => one
        .once("data", (data) => done(String(data)))
        .once("error", ({ code, message }) => fail(new Error("no way: " + (code === "ECONNREFUSED" ? code : message)))))`
const raw = (connect: string) => `${socket}
      const one = new Socket()
      const answer = talk(one)
      one.on("connect", () => one.write("GET / HTTP/1.0\\r\\n\\r\\n"))
      ${connect}
      return await answer`

const cases: Readonly<Record<string, Hostile>> = {
  "a host that is not granted": { code: `return (await fetch(place.treasury)).text()`, grant: granted, ...unreached },
  "the same by ctx.fetch": { code: `return (await ctx.fetch(place.treasury)).text()`, grant: granted, ...unreached },
  "the same by a WebSocket": {
    code: `const socket = new WebSocket(place.treasury.replace("http", "ws"))
      return new Promise((done, fail) => {
        socket.onopen = () => done("open")
        socket.onerror = ({ error, message }) => fail(new Error("the socket failed: " + (error ?? message)))
      })`,
    grant: granted,
    tag: "ConnectorFailed",
    words: /the socket failed/,
  },
  "a host that is not granted, by a redirect": {
    code: `return (await fetch(place.entry)).text()`,
    grant: { net: ["localhost"] },
    ...unreached,
  },
  "a redirect that is followed by hand": {
    code: `const { headers } = await fetch(place.entry, { redirect: "manual" })\n      return (await fetch(headers.get("location"))).text()`,
    grant: { net: ["localhost"] },
    ...unreached,
  },
  "a name that the connector's own resolver answers": {
    code: raw(
      `one.connect({ host: "localhost", port: place.port, lookup: (_, options, answer) => options.all ? answer(null, [{ address: "127.0.0.2", family: 4 }]) : answer(null, "127.0.0.2", 4) })`,
    ),
    grant: granted,
    tag: "ConnectorFailed",
    words: /ECONNREFUSED/,
  },
  "options that change when they are looked at again": {
    code: raw(`let looks = 0
      one.connect({ get host() { return looks++ === 0 ? "localhost" : "127.0.0.2" }, port: place.port, lookup: (_, options, answer) => options.all ? answer(null, [{ address: "127.0.0.2", family: 4 }]) : answer(null, "127.0.0.2", 4) })`),
    grant: granted,
    tag: "ConnectorFailed",
    words: /ECONNREFUSED/,
  },
  "arguments as Node's own callers give them": {
    code: raw(`one.connect([{ host: "127.0.0.2", port: place.port }, null])`),
    grant: granted,
    ...unreached,
    // Without the mark of Node's own callers such a list means nothing to Node: it is only another way past a check.
    free: ({ log, answers }) => assert.match(log + answers, /loot|ECONNREFUSED|port/),
  },
  "a host on the prototype of all objects": {
    code: raw(`Object.prototype.host = "127.0.0.2"\n      one.connect({ port: place.port })`),
    grant: granted,
    tag: "ConnectorFailed",
    words: /no way: ECONNREFUSED/,
  },
  "a check that was lied to": {
    code: `String.prototype.toLowerCase = String.prototype.slice = () => "localhost"
      Map.prototype.get = Array.prototype.includes = Array.prototype.some = RegExp.prototype.test = () => true
      ${raw(`one.connect({ port: place.port, host: "127.0.0.2" })`)}`,
    grant: granted,
    tag: "ConnectorFailed",
  },
  "a dispatcher that resolves names itself": {
    code: `await fetch(place.treasury).catch(() => {})
      const { constructor: Agent } = globalThis[Symbol.for("undici.globalDispatcher.1")]
      const dispatcher = new Agent({ connect: { lookup: (_, options, answer) => options.all ? answer(null, [{ address: "127.0.0.2", family: 4 }]) : answer(null, "127.0.0.2", 4) } })
      return (await fetch("http://localhost:" + place.port, { dispatcher }).catch(({ cause }) => { throw new Error("no way: " + cause.code) })).text()`,
    grant: granted,
    tag: "ConnectorFailed",
    words: /ECONNREFUSED/,
  },
  "the handle below the socket": {
    code: `const one = new process.stdout.constructor()
      one.on("error", () => {}).connect({ host: "127.0.0.1", port: 9 })
      const { constructor: TCP } = one._handle
      const Request = await new Promise((done) =>
        Object.defineProperty(one._handle, "connect", { value: (request) => (done(request.constructor), 0) }))
      return new Promise((done, fail) => {
        const answered = new TCP(0).connect(Object.assign(new Request(), { oncomplete: done }), "127.0.0.2", place.port)
        if (answered !== 0) fail(new Error("connect answered " + answered))
      })`,
    grant: { net: ["127.0.0.1:9"] },
    tag: "ConnectorFailed",
    words: /connect answered -1/,
  },
  "a server of its own": {
    code: `const net = process.getBuiltinModule("net")
      const server = net.createServer()
      return new Promise((done, fail) => server.once("error", fail).listen(0, () => { done("listens"); server.close() }))`,
    grant: { net: [] },
    tag: "ConnectorFailed",
    words: /undefined/,
  },
  "names that carry what they know": {
    code: `const dns = await load("node:dns/promises")\n      return (await dns.lookup("localhost")).address`,
    grant: { net: [] },
    tag: "ConnectorFailed",
    words: /cannot be imported/,
  },
  "this project's server": { code: `return (await fetch(place.own)).text()`, ...ownServer },
  "this project's server by its other name": {
    code: `return (await fetch(place.own.replace("127.0.0.1", "localhost"))).text()`,
    ...ownServer,
  },
  "this project's server in IPv6's clothes": {
    code: `return (await fetch(place.own.replace("127.0.0.1", "[::ffff:127.0.0.1]"))).text()`,
    ...ownServer,
  },
  "this project's server, granted": {
    code: `return (await fetch(place.own)).text()`,
    grant: { net: ["127.0.0.1"] },
    ...ownServer,
  },
  "this project's server by a redirect": { code: `return (await fetch(place.inward)).text()`, ...ownServer },
  "this project's server by net": {
    code: `const { connect } = await load("node:net")
      return new Promise((done, fail) => connect(Number(new URL(place.own).port), () => done("connected")).once("error", fail))`,
    ...ownServer,
  },
  "this project's server by tls": {
    code: `const { connect } = await load("node:tls")
      return new Promise((done, fail) => connect(Number(new URL(place.own).port), { rejectUnauthorized: false }).once("error", (error) => error.code.startsWith("ERR_SSL") ? done("reached") : fail(error)))`,
    ...ownServer,
  },
  "a socket in the file system": {
    code: `const { connect } = await load("node:net")
      return new Promise((done, fail) => connect(place.socket).once("connect", () => done("connected")).once("error", fail))`,
    ...refused,
  },
  "a socket in the file system, by http": {
    code: `const { get } = await load("node:http")
      return new Promise((done, fail) => get({ socketPath: place.socket }).once("response", (it) => done(it.statusCode)).once("error", (error) => error.code.startsWith("HPE") ? done("reached") : fail(error)))`,
    ...refused,
  },
}

const listening = (server: ReturnType<typeof createTcpServer>, at: number | string, host?: string) =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.on("connection", (socket) => socket.unref().on("error", () => {}))
      server.listen({ host, ...(typeof at === "string" ? { path: at } : { port: at }) }, () =>
        resume(Effect.succeed((server.address() as AddressInfo).port)),
      )
    }),
    () => Effect.sync(() => server.close()),
  )

const http = (answer: string) =>
  createServer((_, response) => void response.setHeader("connection", "close").end(answer))
/** To a WebSocket. */
const welcome = ({ headers }: IncomingMessage, socket: Duplex): void => {
  const key = createHash("sha1").update(`${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
  const lines = [
    "101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${key.digest("base64")}`,
  ]
  socket.write(`HTTP/1.1 ${lines.join("\r\n")}\r\n\r\n`)
}
const leadingTo = (location: string) =>
  createServer((_, response) => void response.writeHead(302, { location, connection: "close" }).end())

const scene = Effect.fnUntraced(function* (root: string) {
  const port = yield* listening(http("treasure").on("upgrade", welcome), 0, "127.0.0.2")
  const own = yield* listening(http("own"), 0)
  const treasury = `http://127.0.0.2:${port}/`
  const served = `http://127.0.0.1:${own}/`
  const socket = path.join(root, "socket")
  yield* listening(
    createTcpServer((one) => void one.end("docker\n")),
    socket,
  )
  mkdirSync(path.join(root, ".openislands"), { recursive: true })
  writeFileSync(path.join(root, ".openislands/serve.json"), JSON.stringify({ origin: served, pid: process.pid }))
  return {
    port,
    treasury,
    own: served,
    socket,
    entry: `http://localhost:${yield* listening(leadingTo(treasury), 0)}/`,
    inward: `http://localhost:${yield* listening(leadingTo(served), 0)}/`,
  }
})

// Of loopback addresses, Linux has more than one.
describe
  .runIf(process.platform === "linux")
  .concurrent("what a connector reaches without the fence it doesn't reach with it:", () => {
    const check = hostileHost(cases, scene)
    for (const name of Object.keys(cases)) it.live(name, () => check(name))
  })

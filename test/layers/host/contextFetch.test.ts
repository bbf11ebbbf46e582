import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { failing, type GuestSetup, succeeding, syncing } from "../../fixtures/guest.ts"
import { placeOf } from "../../fixtures/journey.ts"
import { hangUp, provider, sayNothing } from "../../fixtures/provider.ts"

const texts = ({ lines }: { readonly lines: ReadonlyArray<{ readonly text: string }> }) => lines.map(({ text }) => text)
const credentials = { secrets: {}, tokens: { accessToken: "first" } }
const ok = [200, {}, "fine"] as const

/** Asks once, and logs what came of it. */
const asking = (request: string, options = "{}") => `
    const response = await ctx.fetch(${request}, ${options})
    ctx.log(response.status + " " + await response.text())`

const milliseconds = (asked: ReadonlyArray<{ readonly at: number }>) =>
  asked.slice(1).map(({ at }, index) => at - asked[index]!.at)

describe.concurrent("ctx.fetch", () => {
  it.live("is fetch, with the access token where the request has none of its own", () =>
    Effect.gen(function* () {
      const { origin, asked } = yield* provider(({ body }) => [200, {}, body])
      const body = `
    const url = "${origin}/a"
    for (const [input, init] of [
      [url], [new URL(url)], [new Request(url)], [url, { headers: { authorization: "Basic mine" } }],
      [new Request(url, { headers: { authorization: "Basic hers" } })], [url, { headers: { Authorization: "" } }],
      [url, { method: "POST", body: new URLSearchParams({ a: "b" }) }],
      [new Request(url, { method: "POST", body: "text" })],
    ]) ctx.log(await (await ctx.fetch(input, init)).text())`
      const ran = yield* succeeding(syncing(body), { job: { credentials } })
      assert.deepEqual(
        asked.map(({ method, authorization }) => `${method} ${authorization}`),
        [
          "GET Bearer first",
          "GET Bearer first",
          "GET Bearer first",
          "GET Basic mine",
          "GET Basic hers",
          "GET null",
          "POST Bearer first",
          "POST Bearer first",
        ],
      )
      assert.deepEqual(texts(ran), ["", "", "", "", "", "", "a=b", "text"])
      assert.strictEqual(ran.work.requests, 8)
    }),
  )

  it.live("of an answer that is no JSON its json says once what came, and the error blames no line of code", () =>
    Effect.gen(function* () {
      const { origin } = yield* provider(({ url }) =>
        url === "/json" ? [200, {}, `{"a":1}`] : [200, {}, "<html>maintenance</html>"],
      )
      const source = syncing(`
    ctx.log(JSON.stringify(await (await ctx.fetch("${origin}/json", { retries: 0 })).json()))
    await (await ctx.fetch("${origin}/page?key=secret")).json()`)
      const { error, ...ran } = yield* failing(source)
      assert.deepEqual(texts(ran), [`{"a":1}`])
      const detail = `${origin}/page?key=... answered with no JSON: <html>maintenance</html>`
      const { line } = placeOf(source, 'await (await ctx.fetch("' + origin + "/page")
      assert.deepInclude(error, { _tag: "ConnectorFailed", detail, retryable: false, providerStatus: 200, line })
      assert.match(
        error.suggestion ?? "",
        /may work when you sync again.* the address may be wrong: check it at \S+:\d+/,
      )
    }),
  )

  it.live("does not take the token to another origin by a redirect", () =>
    Effect.gen(function* () {
      const other = yield* provider(() => ok)
      const { origin, asked } = yield* provider(({ url }) =>
        url === "/away" ? [302, { location: other.origin }] : url === "/here" ? [302, { location: "/b" }] : ok,
      )
      const body = `
    await ctx.fetch("${origin}/away")
    await ctx.fetch("${origin}/here")`
      yield* succeeding(syncing(body), { job: { credentials } })
      assert.deepEqual(
        asked.map(({ authorization }) => authorization),
        ["Bearer first", "Bearer first", "Bearer first"],
      )
      assert.deepEqual(
        other.asked.map(({ authorization }) => authorization),
        [null],
      )
    }),
  )

  it.live("returns other answers as they are", () =>
    Effect.gen(function* () {
      const { origin, asked } = yield* provider(({ url }) => [Number(url.slice(1)), {}, "no"])
      const body = [400, 403, 404, 409, 501]
        .map((status) => asking(`"${origin}/${status}"`))
        .map((one) => `{${one}\n    }`)
      const ran = yield* succeeding(syncing(body.join("\n")))
      assert.deepEqual(texts(ran), ["400 no", "403 no", "404 no", "409 no", "501 no"])
      assert.lengthOf(asked, 5)
    }),
  )

  for (const [what, first] of [
    ["a 503", [503, {}, "busy"]],
    ["a 429 with seconds to wait", [429, { "retry-after": "2" }]],
    ["a connection that is reset", hangUp],
  ] as const) {
    it.live(`tries again after ${what}, and says so in the log`, () =>
      Effect.gen(function* () {
        const { origin, asked } = yield* provider((_, number) => (number === 1 ? first : ok))
        const ran = yield* succeeding(syncing(asking(`"${origin}/a?key=secret"`)))
        assert.match(
          texts(ran)[0]!,
          /^GET http:\/\/127\.0\.0\.1:\d+\/a\?key=\.\.\. (answered \d+|failed \(\w+\)): asked again in \d(\.\d)? s \(2 of 4\)$/,
        )
        assert.deepEqual(texts(ran).slice(1), ["200 fine"])
        assert.strictEqual(ran.work.requests, 2)
        if (what.includes("seconds")) assert.isAtLeast(milliseconds(asked)[0]!, 1_990)
      }),
    )
  }

  it.live("waits until the time that Retry-After names", () =>
    Effect.gen(function* () {
      const until = new Date(Date.now() + 4_000)
      until.setMilliseconds(0)
      let came = 0
      const { origin } = yield* provider((_, number) => {
        came = Date.now()
        return number === 1 ? [503, { "retry-after": until.toUTCString() }] : ok
      })
      yield* succeeding(syncing(asking(`"${origin}/a"`)))
      assert.isAtLeast(came, until.getTime())
    }),
  )

  it.live("gives up after as many tries as it is told, with an error that the run can be tried again after", () =>
    Effect.gen(function* () {
      const { origin, asked } = yield* provider(() => [503, { "retry-after": "1" }, "no\nday for it"])
      const source = syncing(`    await ctx.fetch("${origin}/a?key=secret", { retries: 1 })`)
      const { error } = yield* failing(source)
      assert.deepInclude(error, {
        _tag: "ConnectorFailed",
        retryable: true,
        file: "connectors/one/index.ts",
        line: placeOf(source, "ctx.fetch").line,
        detail: `GET ${origin}/a?key=... answered 503 (tried 2 times): no day for it`,
      })
      assert.isTrue(error._tag === "ConnectorFailed" && error.retryAfter! > 500 && error.retryAfter! <= 1_000)
      assert.lengthOf(asked, 2)
    }),
  )

  it.live("gives up at once when it would have to wait for hours", () =>
    Effect.gen(function* () {
      const { origin, asked } = yield* provider(() => [429, { "retry-after": "7200" }])
      const { error } = yield* failing(syncing(`    await ctx.fetch("${origin}/a")`))
      assert.isTrue(error._tag === "ConnectorFailed" && error.retryable && error.retryAfter! > 7_190_000)
      assert.lengthOf(asked, 1)
    }),
  )

  it.live("sends twice only what may be sent twice", () =>
    Effect.gen(function* () {
      const { origin, asked } = yield* provider((_, number) => (number % 2 === 1 ? [503, {}, "busy"] : ok))
      const stream = `new Blob(["text"]).stream()`
      const tries = [
        [`{ method: "POST", body: "text" }`, ["503 busy"]],
        [`{ method: "POST", body: "text", idempotent: true }`, ["200 fine"]],
        [`{ method: "PUT", body: ${stream}, duplex: "half" }`, ["503 busy"]],
        [`{ idempotent: false }`, ["503 busy"]],
        [`{ retries: 0 }`, ["503 busy"]],
      ] as const
      for (const [options, answers] of tries) {
        const before = asked.length
        const ran = yield* succeeding(syncing(asking(`"${origin}/a"`, options)))
        assert.deepEqual(
          texts(ran).filter((text) => !text.includes("asked again")),
          [...answers],
          options,
        )
        // So that the next one finds it busy again.
        if ((asked.length - before) % 2 === 1) yield* Effect.promise(() => fetch(origin))
      }
    }),
  )

  it.live("gives a server that says nothing its time, each try", () =>
    Effect.gen(function* () {
      const { origin, asked } = yield* provider(() => sayNothing)
      const source = syncing(`    await ctx.fetch("${origin}/a", { timeout: "200ms", retries: 1 })`)
      const { error } = yield* failing(source)
      assert.deepInclude(error, {
        retryable: true,
        detail: `GET ${origin}/a gave no answer within 0.2 s (tried 2 times)`,
      })
      assert.lengthOf(asked, 2)
      const once = syncing(`    await ctx.fetch("${origin}/a", { timeout: 200, method: "POST" })`)
      assert.deepInclude((yield* failing(once)).error, {
        retryable: true,
        detail: `POST ${origin}/a gave no answer within 0.2 s`,
      })
    }),
  )

  it.live("refuses options that make no sense", () =>
    Effect.gen(function* () {
      const body = `
    for (const options of [{ retries: -1 }, { retries: 1.5 }, { timeout: "soon" }, { timeout: 0 }]) {
      await ctx.fetch("http://127.0.0.1", options).catch((error) => ctx.log(error.message))
    }
    await ctx.fetch("/events").catch((error) => ctx.log(error.message))`
      const ran = yield* succeeding(syncing(body))
      assert.match(texts(ran)[0]!, /^retries must be/)
      assert.match(texts(ran)[2]!, /^timeout must be .* and is "soon"$/)
      assert.deepEqual(texts(ran).at(-1), "Invalid URL")
      assert.lengthOf(texts(ran), 5)
    }),
  )

  it.live("ends with the caller's signal, while it waits for an answer and while it waits to try again", () =>
    Effect.gen(function* () {
      const silent = yield* provider(() => sayNothing)
      const busy = yield* provider(() => [503, { "retry-after": "60" }])
      const body = `
    for (const url of ["${silent.origin}", "${busy.origin}"]) {
      const signal = AbortSignal.timeout(300)
      await ctx.fetch(url, { signal }).catch((error) => ctx.log(error === signal.reason))
      await ctx.fetch(new Request(url, { signal })).catch((error) => ctx.log(error === signal.reason))
    }`
      const ran = yield* succeeding(syncing(body))
      assert.deepEqual(
        texts(ran).filter((text) => !text.includes("asked again")),
        ["true", "true", "true", "true"],
      )
    }),
  )

  it.live("ends with ctx.signal, and fails the run for being stopped", () =>
    Effect.gen(function* () {
      const { origin } = yield* provider(() => [503, { "retry-after": "60" }])
      const body = `
    await ctx.fetch("${origin}").catch((error) => ctx.log(error === ctx.signal.reason))`
      const { error, lines } = yield* failing(syncing(body), { job: { timeout: 1_500 } })
      assert.strictEqual(error._tag, "ConnectorTimeout")
      assert.strictEqual(lines.at(-1)?.text, "true")
    }),
  )

  it.live("counts the requests of plain fetch as well", () =>
    Effect.gen(function* () {
      const { origin } = yield* provider((_, number) => (number === 2 ? [503] : ok))
      const { work } = yield* succeeding(syncing(`    await fetch("${origin}")\n    await ctx.fetch("${origin}")`))
      assert.strictEqual(work.requests, 3)
    }),
  )
})

const renewing = (accessToken: string | null) => {
  const refused: Array<string> = []
  const job = {
    credentials,
    onUnauthorized: (token: string) =>
      Effect.sync(() => {
        refused.push(token)
        return accessToken === null ? null : { accessToken }
      }),
  } satisfies GuestSetup["job"]
  return { refused, job }
}
/** Takes the second token only. */
const second = () =>
  provider(({ authorization }) => (authorization === "Bearer second" ? ok : [401, {}, "token expired"]))

describe.concurrent("a run may be tried again", () => {
  for (const [how, body] of [
    ["that throws a RetryableError", `    throw new RetryableError("busy", { retryAfter: 60 })`],
    [
      "whose rows' generator throws one",
      `    await ctx.insert("a", (async function* () { yield { id: 1 }; throw new RetryableError("busy", { retryAfter: 60 }) })())`,
    ],
    [
      "that throws what came of one",
      `    throw new Error("outer", { cause: new RetryableError("busy", { retryAfter: new Date(Date.now() + 60_000) }) })`,
    ],
    [
      "that nobody waits for",
      `    void Promise.reject(new RetryableError("busy", { retryAfter: 60 }))\n    await new Promise(() => {})`,
    ],
  ] as const) {
    it.live(how, () =>
      Effect.gen(function* () {
        const source = syncing(body).replace("{ defineConnector }", "{ defineConnector, RetryableError }")
        const { error } = yield* failing(source)
        assert.isTrue(error._tag === "ConnectorFailed" && error.retryable)
        assert.isTrue(error._tag === "ConnectorFailed" && error.retryAfter! > 55_000 && error.retryAfter! <= 60_000)
      }),
    )
  }

  it.live("but not one that fails otherwise", () =>
    Effect.gen(function* () {
      const { error } = yield* failing(syncing(`    throw new Error("no")`))
      assert.deepInclude(error, { _tag: "ConnectorFailed", retryable: false, retryAfter: null })
    }),
  )

  it.live("and what it says is read with care", () =>
    Effect.gen(function* () {
      const odd = `Object.assign(new Error("odd"), { [Symbol.for("openislands.retryable")]: 1, retryAfter: new Date(8.64e15) })`
      const { error } = yield* failing(syncing(`    throw ${odd}`))
      assert.deepInclude(error, { _tag: "ConnectorFailed", retryable: true, retryAfter: 366 * 24 * 3_600_000 })
    }),
  )
})

describe.concurrent("a token that is refused", () => {
  it.live("is renewed once for all who hold it, and the newest is shown", () =>
    Effect.gen(function* () {
      const { origin, asked } = yield* second()
      const { refused, job } = renewing("second")
      const body = `
    const { tokens } = ctx
    const answers = await Promise.all([1, 2, 3, 4].map((n) => ctx.fetch("${origin}/" + n, { method: "POST", body: "x" })))
    ctx.log(answers.map(({ status }) => status).join())
    ctx.log([tokens.accessToken, ctx.tokens.accessToken, Object.keys(ctx.tokens)])
    ctx.log((await ctx.fetch("${origin}/5")).status)`
      const ran = yield* succeeding(syncing(body), { job })
      assert.deepEqual(texts(ran), ["200,200,200,200", "[ 'second', 'second', [ 'accessToken' ] ]", "200"])
      assert.deepEqual(refused, ["first"])
      assert.lengthOf(asked, 9)
    }),
  )

  it.live("and has no successor: the answer is the connector's", () =>
    Effect.gen(function* () {
      const { origin, asked } = yield* second()
      for (const successor of [null, "first"]) {
        const ran = yield* succeeding(syncing(asking(`"${origin}/a"`)), { job: renewing(successor).job })
        assert.deepEqual(texts(ran), ["401 token expired"])
      }
      assert.lengthOf(asked, 2)
    }),
  )

  it.live("and its successor too: there is no third", () =>
    Effect.gen(function* () {
      const { origin, asked } = yield* provider(() => [401, {}, "never"])
      const { refused, job } = renewing("second")
      const ran = yield* succeeding(syncing(asking(`"${origin}/a"`)), { job })
      assert.deepEqual(texts(ran), ["401 never"])
      assert.deepEqual(refused, ["first"])
      assert.lengthOf(asked, 2)
    }),
  )

  it.live("is renewed no more often than a run needs, and only as the one that it was given", () =>
    Effect.gen(function* () {
      const { origin } = yield* provider(() => [401])
      let count = 0
      const job = { credentials, onUnauthorized: () => Effect.sync(() => ({ accessToken: `token ${++count}` })) }
      const body = `
    for (let n = 0; n < 30; n++) await ctx.fetch("${origin}")
    ctx.log(ctx.tokens.accessToken)`
      const ran = yield* succeeding(syncing(body), { job })
      assert.deepEqual(texts(ran), ["token 20"])
      const permissions = { read: ["/tmp"], net: null }
      const forging = `
    fs.writeSync(3, JSON.stringify({ type: "unauthorized", accessToken: "a guess" }) + "\\n")
    await new Promise((resolve) => setTimeout(resolve, 100))
    ctx.log((await ctx.fetch("${origin}")).status)`
      const { refused, job: asked } = renewing(null)
      yield* succeeding(syncing(forging, "", `import fs from "node:fs"\n`), { job: { ...asked, permissions } })
      assert.deepEqual(refused, ["first"])
    }),
  )

  it.live("is not renewed for a host that has not seen it, or a token of the connector's own", () =>
    Effect.gen(function* () {
      const other = yield* second()
      const { origin } = yield* provider(({ authorization }) =>
        authorization === "Bearer mine" ? [401] : [302, { location: other.origin }],
      )
      const { refused, job } = renewing("second")
      const body = `
    ctx.log((await ctx.fetch("${origin}")).status)
    ctx.log((await ctx.fetch("${origin}", { headers: { authorization: "Bearer mine" } })).status)`
      const ran = yield* succeeding(syncing(body), { job })
      assert.deepEqual(texts(ran), ["401", "401"])
      assert.deepEqual(refused, [])
    }),
  )
})

import type { Answer, AnswerTo, RecordedAnswer, Routes, TestRequest } from "../../kit/testing.ts"
import type { RequestCount } from "../host/syncOnce.ts"

type Given = Routes | AnswerTo | undefined
type OneAnswer = Answer | AnswerTo

/** What a test's requests are answered with, and what was asked. */
export class StubbedFetch {
  readonly requests: Array<TestRequest> = []
  readonly count: RequestCount = { made: 0 }
  /** A mistake of the test's: that a connector catches it must not hide it. */
  mistake: Error | null = null
  readonly #routes: ReadonlyMap<string, OneAnswer | ReadonlyArray<OneAnswer>>
  readonly #all: AnswerTo | null
  readonly #asked = new Map<string, number>()

  constructor(given: Given) {
    this.#all = typeof given === "function" ? given : null
    const routes = typeof given === "function" ? {} : (given ?? {})
    this.#routes = new Map(Object.entries(routes).map(([route, answers]) => [normalRoute(route), answers]))
  }

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    request.signal.throwIfAborted()
    this.count.made++
    const asked = {
      method: request.method,
      url: request.url,
      headers: Object.fromEntries(request.headers),
      body: request.body === null ? "" : await request.clone().text(),
      status: null as number | null,
    }
    this.requests.push(asked)
    const response = await unlessAborted(request.signal, this.#answer(request))
    asked.status = response.status
    return response
  }

  async #answer(request: Request): Promise<Response> {
    const answer = this.#all ?? this.#next(request)
    const given = typeof answer === "function" ? await answer(request) : answer
    if (given instanceof Response) return from(request, given.clone())
    if (!isRecorded(given)) {
      throw this.#wrong(`${nameOf(request)} was answered with ${JSON.stringify(given)}: no { status, headers, body }`)
    }
    // As fetch fails when there is no answer.
    if (given.error !== undefined) {
      throw new TypeError("fetch failed", { cause: Object.assign(new Error(given.error), { code: given.error }) })
    }
    try {
      return from(request, responseOf(given))
    } catch (cause) {
      throw this.#wrong(`the answer to ${nameOf(request)} cannot be one: ${(cause as Error).message}`)
    }
  }

  #next(request: Request): OneAnswer {
    const url = normalUrl(request.url)
    const route = [`${request.method} ${url}`, `${request.method} ${withoutQuery(url)}`].find((name) =>
      this.#routes.has(name),
    )
    if (route === undefined) {
      const routes = [...this.#routes.keys()].map((name) => `\n  ${name}`).join("")
      throw this.#wrong(
        `no route answers ${nameOf(request)}; ${routes === "" ? "none is given" : `the routes are:${routes}`}`,
      )
    }
    const answers = this.#routes.get(route)!
    if (!isList(answers)) return answers
    const already = this.#asked.get(route) ?? 0
    this.#asked.set(route, already + 1)
    const next = answers[already]
    if (next === undefined) {
      throw this.#wrong(
        `${nameOf(request)} is asked for the ${already + 1}. time, and its route has ${already} answers`,
      )
    }
    return next
  }

  #wrong(message: string): Error {
    this.mistake ??= new Error(message)
    return this.mistake
  }
}

/** `get https://api.acme.dev` -> `GET https://api.acme.dev/`, as a request would have it. */
const normalRoute = (route: string): string => {
  const [, method = "GET", url = ""] = /^(?:([A-Za-z]+) +)?(\S+)$/.exec(route.trim()) ?? []
  if (!URL.canParse(url)) throw new TypeError(`"${route}" is no route: write one as "GET https://api.acme.dev/events"`)
  return `${method.toUpperCase()} ${normalUrl(url)}`
}

/** With its query encoded in one way: what `searchParams` makes of `?at=12:00` is another text. */
const normalUrl = (url: string): string => {
  const normal = new URL(url)
  normal.search = new URLSearchParams(normal.search).toString()
  return normal.href
}

const nameOf = ({ method, url }: Request): string => `${method} ${url}`

const withoutQuery = (url: string): string => {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}

const isList = (answers: unknown): answers is ReadonlyArray<OneAnswer> => Array.isArray(answers)

const isRecorded = (answer: unknown): answer is RecordedAnswer =>
  typeof answer === "object" && answer !== null && !Array.isArray(answer)

const responseOf = ({ status = 200, headers, body }: RecordedAnswer): Response => {
  const without = body === undefined || [204, 205, 304].includes(status)
  const text = without ? null : typeof body === "string" ? body : JSON.stringify(body)
  const type = typeof body === "string" ? {} : { "content-type": "application/json" }
  return new Response(text, { status, headers: { ...type, ...headers } })
}

/** A response that a test makes knows no URL. */
const from = (request: Request, response: Response): Response =>
  Object.defineProperty(response, "url", { value: request.url, configurable: true })

/** An answer that never comes leaves the request to its signal. */
const unlessAborted = <A>(signal: AbortSignal, answer: Promise<A>): Promise<A> =>
  new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true })
    if (signal.aborted) reject(signal.reason)
    answer.then(resolve, reject)
  })

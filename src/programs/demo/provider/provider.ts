import { randomBytes } from "node:crypto"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Clock, hour, iso } from "./clock.ts"
import { ferries } from "./ferries.ts"
import { makeLimit } from "./limit.ts"
import { homePage, htmlTo } from "./pages.ts"
import { makeSignIn } from "./signIn.ts"
import { tides } from "./tides.ts"
import { Walks } from "./walks.ts"
import { makeWaves } from "./waves.ts"

export interface ProviderOptions {
  /** Milliseconds that its time is ahead of the machine's. */
  readonly ahead: number
  /** Where the dashboard wants people to be sent back to. */
  readonly redirectUri: string
}

export interface DemoProvider {
  readonly origin: string
  /** What it gave the project, by its key in `.env`. */
  readonly credentials: Readonly<Record<"FERRY_TOKEN" | "WALKS_CLIENT_ID" | "WALKS_CLIENT_SECRET", string>>
  readonly clock: Clock
  readonly close: () => Promise<void>
}

/** A provider of four kinds on this machine: public, behind a token that is limited, behind a sign-in, and unreliable. */
export const startProvider = async ({ ahead, redirectUri }: ProviderOptions): Promise<DemoProvider> => {
  const server = createServer()
  await listening(server)
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const credentials = {
    FERRY_TOKEN: randomBytes(24).toString("base64url"),
    WALKS_CLIENT_ID: "openislands-demo",
    WALKS_CLIENT_SECRET: randomBytes(24).toString("base64url"),
  }
  const clock = new Clock(ahead)
  const client = { id: credentials.WALKS_CLIENT_ID, secret: credentials.WALKS_CLIENT_SECRET, redirectUri }
  const answer = makeAnswers(origin, clock, credentials.FERRY_TOKEN, client)
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500)
      response.end(`the demo's provider failed: ${String(error)}\n`)
    })
  })
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { origin, credentials, clock, close }
}

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void

const makeAnswers = (
  origin: string,
  clock: Clock,
  ferryToken: string,
  client: Parameters<typeof makeSignIn>[1],
): ((request: IncomingMessage, response: ServerResponse) => Promise<void>) => {
  const signIn = makeSignIn(origin, client)
  const walks = new Walks(clock)
  const waves = makeWaves()
  const isWithin = makeLimit(5)
  const queryOf = ({ url = "" }: IncomingMessage) => new URL(url, origin).searchParams

  const signedIn =
    (body: (query: URLSearchParams) => unknown): Answer =>
    async (request, response) =>
      (await signIn.isSignedIn(request.headers.authorization))
        ? json(response, body(queryOf(request)))
        : json(response, { error: "invalid_token" }, 401)

  const routes: Readonly<Record<string, Answer>> = {
    "GET /": (_request, response) => htmlTo(response, homePage(walks.all.slice(-5).toReversed(), iso(clock.now))),
    "GET /tides/readings": (request, response) => json(response, tides(clock, queryOf(request))),
    "GET /waves/latest": (_request, response) => json(response, waves(clock)),
    "GET /walks": signedIn((query) => walks.page(query)),
    "GET /walks/weeks": signedIn(() => walks.weeks()),
    "GET /ferries/departures": (request, response) => {
      if (request.headers.authorization !== `Bearer ${ferryToken}`) return json(response, { error: "no token" }, 401)
      if (!isWithin(Date.now())) return json(response, { error: "too many requests" }, 429, { "retry-after": "1" })
      json(response, ferries(clock, queryOf(request)))
    },
    "POST /correct": (_request, response) => {
      walks.correctNewest()
      back(response)
    },
    "POST /advance": (_request, response) => {
      clock.advance(hour)
      back(response)
    },
  }

  return async (request, response) => {
    const { pathname } = new URL(request.url ?? "", origin)
    const route = routes[`${request.method} ${pathname}`]
    if (route !== undefined) return route(request, response)
    if (!pathname.startsWith("/consent/")) return signIn.answer(request, response)
    if (request.method === "GET") return signIn.ask(request, response)
    return signIn.decide(request, response, (await bodyOf(request)).includes("answer=allow"))
  }
}

const back = (response: ServerResponse): void => void response.writeHead(303, { location: "/" }).end()

const json = (
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): void => void response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body))

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = ""
  for await (const part of request.setEncoding("utf8")) text += part
  return text
}

const listening = (server: Server): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      server.off("error", reject)
      resolve()
    })
  })

import { DemoError } from "./DemoError.ts"

/**
 * What a human and their browser do to connect a connector, over the real HTTP: ask the dashboard where to go, open the
 * provider's page, click Allow, and be sent back.
 */
export const connect = async (dashboard: string, connector: string, tell: (line: string) => void): Promise<void> => {
  const go = makeBrowser()
  const start = await go(`${dashboard}/api/connectors/${connector}/auth/start`, {
    method: "POST",
    headers: { origin: dashboard, "sec-fetch-site": "same-origin" },
  })
  const { authorizeUrl } = JSON.parse(start.text) as { readonly authorizeUrl: string }
  const { origin, pathname } = new URL(authorizeUrl)
  tell(`clicks Connect, and is sent to ${origin}${pathname}`)

  const consent = await go(authorizeUrl)
  const form = /<form method="post" action="([^"]+)"/.exec(consent.text)?.[1]
  if (form === undefined) throw new DemoError(`the provider shows no consent page:\n${consent.text}`, again)
  tell(`reads "${/<h1>(.*)<\/h1>/.exec(consent.text)?.[1]}", and clicks Allow`)

  const back = await go(new URL(form, consent.url).href, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "answer=allow",
  })
  if (back.status !== 200) throw new DemoError(`the sign-in ended with ${back.status}:\n${back.text}`, again)
  tell(`is sent back to ${new URL(back.url).origin}${new URL(back.url).pathname}, and reads "Connected"`)
}

const again = "This is a fault of the demo: please report it."

interface Seen {
  readonly status: number
  readonly url: string
  readonly text: string
}

/** Follows redirects and keeps cookies, which go by host and not by port. */
const makeBrowser = () => {
  const cookies = new Map<string, string>()
  return async (first: string, init: RequestInit = {}): Promise<Seen> => {
    let url = first
    let request = init
    for (let redirects = 0; redirects < 20; redirects++) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ")
      const headers = { ...request.headers, cookie }
      const response = await fetch(url, { ...request, headers, redirect: "manual" })
      for (const line of response.headers.getSetCookie()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        cookies.set(name, value)
      }
      const location = response.headers.get("location")
      if (location === null) return { status: response.status, url, text: await response.text() }
      url = new URL(location, url).href
      request = {}
    }
    throw new DemoError(`${first} redirects without an end`, again)
  }
}

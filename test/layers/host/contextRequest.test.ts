import { describe, expect, it } from "vitest"
import { readRequest } from "../../../src/layers/host/contextRequest.ts"

describe("a request of ctx.fetch", () => {
  for (const [url, takes] of [
    ["https://api.acme.dev", true],
    ["http://api.acme.dev", false],
    ["http://localhost:3000", true],
    ["http://api.localhost", true],
    ["http://127.0.0.1", true],
    ["http://127.9.9.9", true],
    ["http://[::1]:80", true],
    ["http://127.0.0.1.acme.dev", false],
    ["http://notlocalhost", false],
    ["http://localhost.acme.dev", false],
    ["http://10.0.0.1", false],
  ] as const) {
    it(`${takes ? "takes" : "doesn't take"} the token to ${url}`, () => {
      expect(readRequest(url, null).takesToken).toBe(takes)
      expect(readRequest(new URL(url), { headers: { authorization: "mine" } }).takesToken).toBe(false)
    })
  }

  it("may be sent again when its method and its body allow it", () => {
    const url = "https://api.acme.dev"
    const form = new FormData()
    const bodies = ["text", new URLSearchParams(), form, new Blob([]), new ArrayBuffer(1), new Uint8Array(1)]
    for (const body of bodies) expect(readRequest(url, { method: "put", body }).most).toBe(4)
    for (const method of ["GET", "HEAD", "OPTIONS", "DELETE"]) expect(readRequest(url, { method }).most).toBe(4)
    for (const method of ["POST", "PATCH"]) expect(readRequest(url, { method }).most).toBe(1)
    expect(readRequest(url, { method: "POST", idempotent: true, retries: 9 }).most).toBe(10)
    const stream = new Blob([]).stream()
    expect(readRequest(url, { method: "PUT", body: stream, idempotent: true }).most).toBe(1)
    const sent = new Request(url, { method: "PUT", body: "text" })
    expect(readRequest(sent, null)).toMatchObject({ most: 1, canResend: false, name: "PUT https://api.acme.dev/" })
    expect(readRequest(sent, { body: "other" })).toMatchObject({ most: 4, canResend: true })
  })

  it("is named without what may be secret", () => {
    const { name } = readRequest("https://api.acme.dev/a?key=secret&page=2&key=other", null)
    expect(name).toBe("GET https://api.acme.dev/a?key=...&page=2")
    // A page's number shows which one failed; nothing else is known to be none of a secret.
    const asked = "page=2&page=3&offset=1234567&limit=x1&pin=1234&per_page=100&page_token=12"
    expect(readRequest(`https://api.acme.dev/a?${asked}`, null).name).toBe(
      "GET https://api.acme.dev/a?page=...&offset=...&limit=...&pin=...&per_page=100&page_token=...",
    )
  })
})

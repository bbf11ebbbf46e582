import { defineConnector } from "@openislands/connector-kit"
import { describe, expect, it } from "vitest"
import { readDefinition } from "../../../src/layers/host/declaration.ts"

/** What is read of a connector whose tokens come from there. */
const signingInAt = (tokenUrl: string) =>
  readDefinition(
    defineConnector({
      description: "d",
      auth: {
        type: "oauth2",
        data: { authorizeUrl: "https://acme.dev/auth", tokenUrl, scopes: [], clientIdEnv: "CLIENT_ID" },
      },
      outputs: { rows: {} },
      sync: () => {},
    }),
  )

describe("where a connector gets its tokens", () => {
  it.each(["https://acme.dev/token", "http://127.0.0.1:4000/token", "http://localhost/token", "http://[::1]:80/token"])(
    "may be %s",
    (url) => {
      expect(signingInAt(url).declaration.auth).toMatchObject({ data: { tokenUrl: url } })
    },
  )

  it.each([
    "http://acme.dev/token",
    "http://localhost.evil.example/token",
    "http://127.evil.example/token",
    // What stands before the @ is nobody's host.
    "http://127.0.0.1:80@evil.example/token",
    "http://localhost:x@evil.example/token",
  ])("may not be %s: others could read them on the way", (url) => {
    expect(() => signingInAt(url)).toThrow(
      "auth.data.tokenUrl must be an https URL (plain http is for this machine only)",
    )
  })

  it.each(["", "acme.dev/token", "ftp://acme.dev/token", "javascript:alert(1)"])(
    "may not be %j: no URL of the web",
    (url) => {
      expect(() => signingInAt(url)).toThrow("auth.data.tokenUrl must be an http(s) URL")
    },
  )
})

import * as Response from "effect/http/HttpServerResponse"
import type { ErrorDocument } from "../../services/domain/ErrorDocument.ts"

/** A page as an answer. */
export const htmlOf = (text: string, options: { readonly status?: number; readonly headers?: Headers } = {}) =>
  Response.text(text, { ...options, contentType: "text/html; charset=utf-8" })

type Headers = Readonly<Record<string, string>>

/** Text as HTML: none of it is markup. */
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

const page = (title: string, head: string, body: ReadonlyArray<string>): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)} · OpenIslands</title>
<link rel="stylesheet" href="/style.css">
${head}</head>
<body><main>
<h1>${escaped(title)}</h1>
${body.join("\n")}
</main></body>
</html>
`

const back = '<p><a href="/">Back to the dashboard</a></p>'

/** Leads back by itself after a moment. */
export const signedInPage = (connector: string): string =>
  page("Connected", '<meta http-equiv="refresh" content="2; url=/">\n', [
    `<p>Connector "${escaped(connector)}" is connected.</p>`,
    "<p>The dashboard comes back in a moment.</p>",
    back,
  ])

/** Leads back to where Connect is. */
export const failedPage = (connector: string, { message, suggestion }: ErrorDocument): string =>
  page("Not connected", "", [
    `<p role="alert">${escaped(message)}</p>`,
    ...(suggestion === null ? [] : [`<p>${escaped(suggestion)}</p>`]),
    `<p><a href="/#/connectors/${escaped(encodeURIComponent(connector))}">Back to connector "${escaped(connector)}"</a></p>`,
  ])

export const loginPage = (isWrong: boolean): string =>
  page("Sign in", "", [
    ...(isWrong ? ['<p role="alert">That is not this server\'s token.</p>'] : []),
    '<form method="post" action="/login">',
    '<label>Token <input type="password" name="token" autocomplete="current-password" required autofocus></label>',
    "<button>Sign in</button>",
    "</form>",
  ])

import { Effect, Layer } from "effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Response from "effect/http/HttpServerResponse"
import { randomBytes } from "node:crypto"
import { readFile } from "node:fs/promises"
import { ownFile } from "../../layers/packageRoot.ts"
import { htmlOf } from "./pages.ts"
import { stylesOf } from "./securityHeaders.ts"

const read = (name: string): Effect.Effect<string> =>
  Effect.promise(() => readFile(ownFile(`web/${name}`, `src/programs/dashboard/web/${name}`), "utf8"))

/** The page at `/` and what it loads, which are a part of the program; and whether the program is there at all. */
export const layer = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const index = yield* read("index.html")
    const script = yield* read("app.js")
    const style = yield* read("style.css")
    yield* router.add(
      "GET",
      "/",
      Effect.sync(() => {
        const nonce = randomBytes(16).toString("base64")
        return htmlOf(index.replaceAll("{{nonce}}", nonce), { headers: stylesOf(nonce) })
      }),
    )
    yield* router.add("GET", "/app.js", Response.text(script, { contentType: "text/javascript; charset=utf-8" }))
    yield* router.add("GET", "/style.css", Response.text(style, { contentType: "text/css; charset=utf-8" }))
    yield* router.add("GET", "/healthz", Response.jsonUnsafe({ ok: true }))
  }),
).pipe(Layer.withSpan("dashboard.website"))

import { Effect, Layer } from "effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Response from "effect/http/HttpServerResponse"
import { randomBytes } from "node:crypto"
import { readdir, readFile } from "node:fs/promises"
import * as path from "node:path"
import { ownFile } from "../../layers/packageRoot.ts"
import { htmlOf } from "./pages.ts"
import { stylesOf } from "./securityHeaders.ts"

/** From the sources it is what was built last: `npm run build`. */
const built = ownFile("web/app", "dist/web/app")

const types: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
}

const read = (file: string): Effect.Effect<string> => Effect.promise(() => readFile(file, "utf8"))

/** The page at `/` and what it loads, which are a part of the program; and whether the program is there at all. */
export const layer = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const files = yield* Effect.promise(() => readdir(built))
    const index = yield* read(path.join(built, "index.html"))
    const style = yield* read(ownFile("web/style.css", "src/programs/dashboard/web/style.css"))
    yield* router.add(
      "GET",
      "/",
      Effect.sync(() => {
        const nonce = randomBytes(16).toString("base64")
        return htmlOf(index.replaceAll("{{nonce}}", nonce), { headers: stylesOf(nonce) })
      }),
    )
    for (const name of files) {
      const contentType = types[path.extname(name)]
      if (contentType === undefined) continue
      const text = yield* read(path.join(built, name))
      // Another build's files have other names.
      const headers = { "cache-control": "private, max-age=31536000, immutable" }
      yield* router.add("GET", `/app/${name}`, Response.text(text, { contentType, headers }))
    }
    yield* router.add("GET", "/style.css", Response.text(style, { contentType: "text/css; charset=utf-8" }))
    yield* router.add("GET", "/healthz", Response.jsonUnsafe({ ok: true }))
  }),
).pipe(Layer.withSpan("dashboard.website"))

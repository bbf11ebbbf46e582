import { Effect } from "effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as Response from "effect/http/HttpServerResponse"
import { htmlOf, loginPage } from "./pages.ts"
import { formPage } from "./securityHeaders.ts"
import { Site } from "./Site.ts"

/** Where a browser shows the token once, and is known by a cookie from then on. */
export const layer = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const { access, origin } = yield* Site
    if (access === null) return
    const isSecure = origin.startsWith("https:")
    yield* router.add("GET", "/login", htmlOf(loginPage(false), { headers: formPage }))
    yield* router.add(
      "POST",
      "/login",
      Effect.gen(function* () {
        const body = yield* (yield* HttpServerRequest).text
        if (!access.accepts(new URLSearchParams(body).get("token")?.trim() ?? "")) {
          return htmlOf(loginPage(true), { status: 401, headers: formPage })
        }
        const { name, value } = access.cookie
        return Response.setCookieUnsafe(Response.redirect("/", { status: 303 }), name, value, {
          httpOnly: true,
          sameSite: "lax",
          secure: isSecure,
          path: "/",
          maxAge: "30 days",
        })
      }),
    )
  }),
)

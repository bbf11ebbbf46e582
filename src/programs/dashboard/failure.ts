import { Cause, Effect, Option } from "effect"
import { isHttpServerResponse, jsonUnsafe, redirect } from "effect/http/HttpServerResponse"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import { HttpServerError } from "effect/http/HttpServerError"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import { HttpApiSchemaError } from "effect/http-api/HttpApiError"
import { redactDocument } from "../../layers/redaction.ts"
import { type ErrorDocument, errorDocument, type TaggedFailure } from "../../services/domain/ErrorDocument.ts"
import { TokenService } from "../../services/TokenService.ts"
import { pathOf } from "./guard.ts"
import { inApp } from "./inApp.ts"
import { issuesText } from "./issues.ts"
import { BadRequest, BodyTooLarge, NoSuchPath } from "./problems.ts"
import { statusOf } from "./statusCodes.ts"

/** Bytes of a request's body. */
export const mostBytes = 1_000_000

/** Takes the project's secrets out of what is about to be answered. */
export const withoutSecrets = <A>(value: A): Effect.Effect<A, never, TokenService> =>
  TokenService.use((tokens) => tokens.redactor).pipe(Effect.map((redact) => redactDocument(value, redact) as A))

export const documentOf = (error: TaggedFailure): Effect.Effect<ErrorDocument, never, TokenService> =>
  withoutSecrets(errorDocument(error))

/** `{"error": ErrorDocument}` with its status. */
export const refusal = (error: TaggedFailure): Effect.Effect<HttpServerResponse, never, TokenService> =>
  Effect.map(documentOf(error), (document) => {
    const status = statusOf(error)
    return jsonUnsafe({ error: document }, { status, headers: status === 401 ? { "www-authenticate": "Bearer" } : {} })
  })

/** Answers a handler's failure here, once for all of them. */
export const answering = <A, E extends TaggedFailure, R>(
  effect: Effect.Effect<A, E, R>,
): Effect.Effect<A | HttpServerResponse, never, R | TokenService> => Effect.catch(effect, refusal)

/** What went wrong outside of any handler: no such path, a body that cannot be read, or a bug of ours. */
export const outsideHandlers = Effect.fnUntraced(function* (request: HttpServerRequest, cause: Cause.Cause<unknown>) {
  // The client has gone.
  if (Cause.hasInterruptsOnly(cause)) return yield* Effect.interrupt
  const error = Option.getOrNull(Cause.findErrorOption(cause)) ?? Cause.squash(cause)
  // The router ends a request like this in places.
  if (isHttpServerResponse(error)) return error
  const problem = problemOf(request, error)
  const page = problem instanceof NoSuchPath ? inApp(request) : null
  if (page !== null) return redirect(page, { status: 303 })
  if (problem !== null) return yield* refusal(problem)
  yield* Effect.logError(
    `${request.method} ${pathOf(request)} failed: this is a bug in openislands`,
    Cause.pretty(cause),
  )
  const document = { _tag: "InternalError", message: "internal error: this is a bug in openislands", suggestion: null }
  return jsonUnsafe({ error: document }, { status: 500 })
})

const parts: Readonly<Record<string, string>> = { Params: "path", Query: "query", Payload: "body", Headers: "headers" }

const problemOf = (request: HttpServerRequest, error: unknown): TaggedFailure | null => {
  if (HttpApiSchemaError.is(error)) {
    const part = parts[error.kind]
    return part === undefined ? null : new BadRequest({ part, detail: issuesText(error.cause.issue) })
  }
  if (!(error instanceof HttpServerError)) return null
  const { reason } = error
  if (reason._tag === "RouteNotFound") return new NoSuchPath({ method: request.method, path: pathOf(request) })
  if (reason._tag !== "RequestParseError") return null
  if (reason.reason === "BodyTooLarge") return new BodyTooLarge({ bytes: mostBytes })
  return new BadRequest({ part: "body", detail: "it ends too early" })
}

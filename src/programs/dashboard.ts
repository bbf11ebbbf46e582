import { Effect, Exit, Layer, Scope } from "effect"
import { TracerDisabledWhen } from "effect/http/HttpMiddleware"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as FsWatchChanges from "../layers/FsWatchChanges.ts"
import * as WallClockScheduler from "../layers/WallClockScheduler.ts"
import { ManifestService } from "../services/ManifestService.ts"
import { accessBy, readToken, TokenMissing } from "./dashboard/access.ts"
import { Api } from "./dashboard/api.ts"
import * as edge from "./dashboard/edge.ts"
import { encrypting } from "./dashboard/encrypting.ts"
import * as EventStreams from "./dashboard/EventStreams.ts"
import * as actions from "./dashboard/handlers/actions.ts"
import * as checkpoints from "./dashboard/handlers/checkpoints.ts"
import * as connectors from "./dashboard/handlers/connectors.ts"
import * as datasets from "./dashboard/handlers/datasets.ts"
import * as events from "./dashboard/handlers/events.ts"
import * as runs from "./dashboard/handlers/runs.ts"
import { announced, onlyInstance } from "./dashboard/instance.ts"
import { listenAt, type Patience } from "./dashboard/listening.ts"
import * as login from "./dashboard/login.ts"
import * as metrics from "./dashboard/metrics.ts"
import * as ObservedEvents from "./dashboard/ObservedEvents.ts"
import { scheduling } from "./dashboard/scheduling.ts"
import { isLoopback, originOf, ownHosts, Site } from "./dashboard/Site.ts"
import { watching } from "./dashboard/watching.ts"
import * as website from "./dashboard/website.ts"
import * as mcp from "./mcp/http.ts"
import * as Sessions from "./mcp/Sessions.ts"
import * as StartedSyncs from "./StartedSyncs.ts"

export interface ServeOptions {
  readonly host: string
  /** 0: whichever is free. */
  readonly port: number
  /** Under which people and providers reach it; null: the manifest's, or else where it listens. */
  readonly origin: string | null
  readonly tokenFile: string | null
  /** What `OPENISLANDS_TOKEN` says. */
  readonly token: string | undefined
  /** Whether connectors run by themselves when they are due. */
  readonly schedule: boolean
  /** With clients that send slowly; what is usual unless it says otherwise. */
  readonly patience?: Patience
}

const api = HttpApiBuilder.layer(Api, { openapiPath: "/api/openapi.json" }).pipe(
  Layer.provide([connectors.layer, runs.layer, datasets.layer, checkpoints.layer, actions.layer, events.layer]),
)

/** All that is answered, to whoever asks; `edge` is what decides who may. */
export const routes = Layer.mergeAll(api, website.layer, login.layer, metrics.layer, mcp.layer)

/** What goes on behind the answers. */
export const engine = Layer.mergeAll(
  EventStreams.layer,
  Sessions.layer,
  WallClockScheduler.layer,
  FsWatchChanges.layer,
).pipe(Layer.provideMerge(StartedSyncs.layer), Layer.provideMerge(ObservedEvents.layer))

/**
 * Serves a project until it is interrupted. Then runs of ours end with their records, and listeners with all of it.
 * Untraced: what happens in the weeks of a server is many traces, not one.
 */
export const serve = Effect.fnUntraced(function* (
  options: ServeOptions,
  onReady: (origin: string) => Effect.Effect<void>,
) {
  // All that can be refused is, before anybody can connect.
  yield* onlyInstance
  const token = yield* readToken(options.tokenFile, options.token)
  if (token === null && !isLoopback(options.host)) return yield* new TokenMissing({ host: options.host })
  return yield* Layer.launch(server(options, token, onReady))
}, Effect.scoped)

const server = (options: ServeOptions, token: string | null, onReady: (origin: string) => Effect.Effect<void>) =>
  // Built last, so that what it does at the end is done while the others are still there.
  Layer.effectDiscard(
    Effect.gen(function* () {
      const syncs = yield* StartedSyncs.StartedSyncs
      const streams = yield* EventStreams.EventStreams
      const sessions = yield* Sessions.Sessions
      const { origin } = yield* Site
      const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
      yield* Effect.addFinalizer(() =>
        Effect.all([syncs.stop, Scope.close(scope, Exit.void)], { concurrency: "unbounded" }).pipe(
          Effect.andThen(Effect.all([streams.end, sessions.end], { concurrency: "unbounded" })),
        ),
      )
      yield* announced(origin, yield* listeningPort, options.schedule)
      yield* onReady(origin)
      yield* Effect.forkIn(watching, scope)
      yield* Effect.forkIn(encrypting, scope)
      if (options.schedule) yield* Effect.forkIn(scheduling, scope)
    }),
  ).pipe(
    Layer.provide(
      HttpRouter.serve(Layer.merge(routes, edge.layer), {
        disableLogger: true,
        disableListenLog: true,
        // A run's id holds its connector's name.
        routerConfig: { maxParamLength: 500 },
      }),
    ),
    Layer.provide(engine),
    Layer.provide(siteFor(options, token)),
    Layer.provide(Layer.succeed(TracerDisabledWhen, ({ url }) => isConfidential(url))),
    Layer.provide(listenAt(options)),
  )

const listeningPort = Effect.map(HttpServer.HttpServer, ({ address }) =>
  address._tag === "UnixPathAddress" ? 0 : address.port,
)

const siteFor = ({ host, origin }: ServeOptions, token: string | null) =>
  Layer.effect(
    Site,
    Effect.gen(function* () {
      const port = yield* listeningPort
      const served = origin ?? (yield* manifestOrigin) ?? originOf(isEverywhere(host) ? "127.0.0.1" : host, port)
      return { origin: served, isOurs: ownHosts(served, host), access: token === null ? null : accessBy(token, port) }
    }),
  )

/** A broken manifest keeps nobody from being served: what is wrong with it is what they will see. */
const manifestOrigin = ManifestService.use((manifests) => manifests.load).pipe(
  Effect.map(({ manifest }) => manifest.serve.origin),
  Effect.orElseSucceed(() => null),
)

/** A sign-in's address holds what the provider gives it. */
const isConfidential = (url: string): boolean => /\/auth\/callback|^\/login/.test(url)

const isEverywhere = (host: string): boolean => host === "0.0.0.0" || host === "::"

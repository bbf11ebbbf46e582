import { Effect } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { ConnectorCatalog } from "../../../services/ConnectorCatalog.ts"
import { Api } from "../api.ts"
import { answering, withoutSecrets } from "../failure.ts"
import { configOf } from "../configOf.ts"
import { BadRequest } from "../problems.ts"
import { Site } from "../Site.ts"
import { disconnect, redirectUriOf, signedIn, signIn, SignInCookies } from "../signIn.ts"
import { StartedSyncs } from "../StartedSyncs.ts"

export const layer = HttpApiBuilder.group(
  Api,
  "connectors",
  Effect.fnUntraced(function* (handlers) {
    const catalog = yield* ConnectorCatalog
    const { origin } = yield* Site
    const syncs = yield* StartedSyncs
    const cookies = new SignInCookies(origin)

    const get = Effect.fnUntraced(function* (name: string) {
      const status = yield* catalog.status(name)
      const shown = yield* withoutSecrets({ ...status, config: yield* configOf(name) })
      return { ...shown, redirectUri: status.auth === "oauth2" ? redirectUriOf(origin, name) : null }
    })
    const sync = Effect.fnUntraced(function* (name: string, { full = false, force = false }: Wanted) {
      if (force && !full) return yield* new BadRequest({ part: "body", detail: '"force" only goes with "full"' })
      return { runId: yield* syncs.start(name, full ? { force } : null) }
    })

    return handlers.handleAll({
      list: () =>
        answering(
          catalog.statuses.pipe(
            Effect.flatMap(withoutSecrets),
            Effect.map((connectors) => ({ connectors })),
          ),
        ),
      get: ({ params }) => answering(get(params.name)),
      sync: ({ params, payload }) => answering(sync(params.name, payload ?? {})),
      signIn: ({ params, request }) => answering(signIn(params.name, request, cookies)),
      signedIn: ({ params, request }) => signedIn(params.name, request, cookies),
      disconnect: { handler: ({ params }) => answering(disconnect(params.name)), options: { uninterruptible: true } },
    })
  }),
)

interface Wanted {
  readonly full?: boolean
  readonly force?: boolean
}

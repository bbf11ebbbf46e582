import { Effect } from "effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { ConnectorCatalog } from "../../../services/ConnectorCatalog.ts"
import { SyncRunning } from "../../../services/domain/SyncRunning.ts"
import { errorDocument } from "../../../services/domain/ErrorDocument.ts"
import { Events } from "../../../services/Events.ts"
import { ManifestService } from "../../../services/ManifestService.ts"
import { RunLocks } from "../../../services/RunLocks.ts"
import { StartedSyncs } from "../../StartedSyncs.ts"
import { Api } from "../api.ts"
import { answering, withoutSecrets } from "../failure.ts"
import { configOf } from "../configOf.ts"
import { BadRequest } from "../problems.ts"
import { redirectUriOf } from "../redirectUri.ts"
import { Site } from "../Site.ts"
import { disconnect, signedIn, signIn, SignInCookies } from "../signIn.ts"

export const layer = HttpApiBuilder.group(
  Api,
  "connectors",
  Effect.fnUntraced(function* (handlers) {
    const catalog = yield* ConnectorCatalog
    const manifests = yield* ManifestService
    const { origin } = yield* Site
    const syncs = yield* StartedSyncs
    const locks = yield* RunLocks
    const events = yield* Events
    const cookies = new SignInCookies(origin)

    const get = Effect.fnUntraced(function* (name: string) {
      const status = yield* catalog.status(name)
      const shown = yield* withoutSecrets({ ...status, config: yield* configOf(name) })
      return { ...shown, redirectUri: status.auth === "oauth2" ? redirectUriOf(origin, name) : null }
    })
    const sync = Effect.fnUntraced(function* (name: string, { full = false, force = false }: Wanted) {
      if (force && !full) return yield* new BadRequest({ part: "body", detail: '"force" only goes with "full"' })
      const own = events.underWay.get(name)
      const isOwn = own !== undefined && events.isOurs(own.runId)
      const holder = isOwn ? { pid: process.pid, ...own } : yield* locks.holder(name)
      if (holder !== null && (full || !isOwn)) {
        const { pid, startedAt, runId } = holder
        return yield* new SyncRunning({ connector: name, pid, startedAt, runId })
      }
      const { runId } = yield* syncs.start(name, { trigger: "http", full: full ? { force } : null })
      return { runId }
    })

    return handlers.handleAll({
      list: () =>
        answering(
          Effect.all([manifests.load, catalog.statuses]).pipe(
            Effect.flatMap(([{ broken }, connectors]) =>
              withoutSecrets(
                broken === undefined ? { connectors } : { connectors, error: errorDocument(broken) as never },
              ),
            ),
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

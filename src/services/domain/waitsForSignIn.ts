import type { ConnectorStatus } from "./ConnectorStatus.ts"
import { tagOf } from "./ErrorDocument.ts"

/** What a status tells of the present: while it is so, nobody knows whether somebody is signed in. */
const unknown: ReadonlySet<unknown> = new Set([
  "EnvUnreadable",
  "KeyMissing",
  "KeyUnusable",
  "KeyWrong",
  "TokensUnreadable",
])

/** That nobody is signed in is what keeps it from running now, whatever its last sync failed for. */
export const waitsForSignIn = ({
  auth,
  connected,
  missingSecrets,
  loadError,
  lastError,
}: Pick<ConnectorStatus, "auth" | "connected" | "missingSecrets" | "loadError" | "lastError">): boolean =>
  auth === "oauth2" && !connected && missingSecrets.length === 0 && loadError === null && !unknown.has(tagOf(lastError))

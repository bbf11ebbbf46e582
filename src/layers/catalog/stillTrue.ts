import type { ConnectorStatus } from "../../services/domain/ConnectorStatus.ts"
import { tagOf } from "../../services/domain/ErrorDocument.ts"
import { neverBegan } from "../../services/domain/neverBegan.ts"
import type { Connection } from "../../services/TokenService.ts"

/**
 * What is wrong now comes before what was wrong then: an error of the last run that has been mended since would hide what
 * has to be done next. `connection` is null while the connector doesn't load.
 */
export const stillTrue = (lastError: ConnectorStatus["lastError"], connection: Connection | null) => {
  if (connection === null) return lastError
  const tag = tagOf(lastError)
  const isOver =
    tag === "MissingSecrets"
      ? connection.missingSecrets.length === 0
      : tag === "NotConnected"
        ? connection.connected
        : neverBegan(lastError) || tag === "EnvUnreadable" || tag === "TokensUnreadable"
  return isOver ? null : lastError
}

import type { ConnectorStatus } from "../../services/domain/ConnectorStatus.ts"
import type { ErrorDocument } from "../../services/domain/ErrorDocument.ts"
import { isKeyError } from "../../services/domain/KeyError.ts"
import type { Connection } from "../../services/TokenService.ts"

/**
 * What is wrong now comes before what was wrong then; and what kept tokens from being used then is nobody's way on when
 * there are none any more: it would hide that somebody has to sign in.
 */
export const stillTrue = (lastError: ConnectorStatus["lastError"], connection: Connection | null) => {
  const { _tag: tag } = (lastError ?? {}) as Partial<ErrorDocument>
  const isOver = connection?.connected === false && (isKeyError(lastError) || tag === "TokensUnreadable")
  return isOver ? null : lastError
}

import type { ConnectorStatus } from "../../services/domain/ConnectorStatus.ts"
import type { ErrorDocument } from "../../services/domain/ErrorDocument.ts"
import { lackedCredentials } from "../../services/domain/lackedCredentials.ts"
import { isKeyError } from "../../services/domain/KeyError.ts"
import type { Connection } from "../../services/TokenService.ts"

/**
 * What is wrong now comes before what was wrong then: what a run lacked is no error once it is there, and what kept tokens
 * from being used is nobody's way on when there are none any more, as it would hide that somebody has to sign in.
 */
export const stillTrue = (lastError: ConnectorStatus["lastError"], connection: Connection | null) => {
  const { _tag: tag } = (lastError ?? {}) as Partial<ErrorDocument>
  const isOver =
    connection?.connected === true
      ? lackedCredentials(lastError)
      : connection?.connected === false && (isKeyError(lastError) || tag === "TokensUnreadable")
  return isOver ? null : lastError
}

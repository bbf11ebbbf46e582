import type { ReactNode } from "react"
import { type ErrorDocument, placedMessage } from "../../../../services/domain/ErrorDocument.ts"

interface Props {
  readonly error: ErrorDocument
  /** Of something that was just tried: is read out at once. */
  readonly isNew?: boolean
  readonly children?: ReactNode
}

/** What went wrong, and the next step. */
export const Problem = ({ error, isNew = false, children }: Props) => (
  <div className={error._tag === "SyncCancelled" ? "problem wanted" : "problem"} role={isNew ? "alert" : undefined}>
    <p className="problem-message">{placedMessage(error)}</p>
    {error.suggestion !== null && <p className="problem-next">{nextStep(error)}</p>}
    {children}
  </div>
)

/** Whoever reads it here has the dashboard open. */
const nextStep = ({ _tag, suggestion, ...facts }: ErrorDocument): string | null =>
  _tag === "NotConnected" ? `Click Connect on "${String(facts["connector"])}" to sign in.` : suggestion

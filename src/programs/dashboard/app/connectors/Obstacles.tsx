import type { ConnectorStatus } from "../../../../services/domain/ConnectorStatus.ts"
import { waitsForSignIn } from "../../../../services/domain/waitsForSignIn.ts"
import { Copied } from "../parts/Copied.tsx"
import { Problem } from "../parts/Problem.tsx"
import { asDocument } from "../words/runs.ts"

/** What keeps a connector from syncing, each with the way on. */
export const Obstacles = ({ connector }: { readonly connector: ConnectorStatus }) => {
  const { missingSecrets } = connector
  const error = asDocument(connector.loadError) ?? asDocument(connector.lastError)
  const isAboutSecrets = missingSecrets.length > 0 && error?._tag === "MissingSecrets"
  // Its own error also says why nobody is signed in any more. An older one is among the runs.
  const hasToSignIn = waitsForSignIn(connector) && error?._tag !== "NotConnected"
  return (
    <>
      {missingSecrets.length > 0 && (
        <div className="needs">
          <p>
            Put {missingSecrets.length === 1 ? "this line" : "these lines"} into .env, with what the provider gave you:
          </p>
          <Copied text={missingSecrets.map((name) => `${name}=`).join("\n")} what="lines for .env" />
        </div>
      )}
      {hasToSignIn && (
        <div className="needs">
          <p>A human has to sign in: click Connect.</p>
        </div>
      )}
      {error !== null && !isAboutSecrets && !hasToSignIn && <Problem error={error} />}
    </>
  )
}

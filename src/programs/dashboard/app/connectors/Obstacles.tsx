import type { ConnectorStatus } from "../../../../services/domain/ConnectorStatus.ts"
import { Copied } from "../parts/Copied.tsx"
import { Problem } from "../parts/Problem.tsx"
import { asDocument } from "../words/runs.ts"

/** What keeps a connector from syncing, each with the way on. */
export const Obstacles = ({ connector }: { readonly connector: ConnectorStatus }) => {
  const { missingSecrets } = connector
  const error = asDocument(connector.loadError) ?? asDocument(connector.lastError)
  const isAboutSecrets = missingSecrets.length > 0 && error?._tag === "MissingSecrets"
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
      {error !== null && !isAboutSecrets && <Problem error={error} />}
    </>
  )
}

import type { ConnectorStatus } from "../../../../services/domain/ConnectorStatus.ts"
import { Time } from "../parts/Time.tsx"

/** When it got its data last, and when it will next. */
export const Freshness = ({ connector }: { readonly connector: ConnectorStatus }) => {
  const { lastSuccess, lastSync, nextSync, nextSyncReason } = connector
  return (
    <dl className="facts">
      <dt>Last synced</dt>
      <dd>
        {lastSuccess === null ? "never" : <Time at={lastSuccess} />}
        {lastSync !== null && lastSync !== lastSuccess && connector.lastError !== null && (
          <span className="quiet">
            {" "}
            · tried <Time at={lastSync} />
          </span>
        )}
      </dd>
      {connector.stale !== null && (
        <>
          <dt>Stale</dt>
          <dd className="state-attention">{connector.stale}</dd>
        </>
      )}
      <dt>Next sync</dt>
      <dd>
        {nextSync !== null && (
          <>
            <NextTime at={nextSync} /> <span aria-hidden="true">·</span>{" "}
          </>
        )}
        <span className="quiet">{nextSyncReason}</span>
      </dd>
    </dl>
  )
}

const NextTime = ({ at }: { readonly at: string }) => (Date.parse(at) <= Date.now() ? "now" : <Time at={at} />)

import type { ConnectorStatus } from "../../../../services/domain/ConnectorStatus.ts"
import { Time } from "../parts/Time.tsx"
import { linkTo } from "../route.ts"

/** When it got its data last, when it will next, and where that is. */
export const Freshness = ({ connector }: { readonly connector: ConnectorStatus }) => {
  const { lastSuccess, lastSync, nextSync, nextSyncReason, datasets } = connector
  const filled = [...new Set(Object.values(datasets))]
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
      {filled.length > 0 && (
        <>
          <dt>Rows</dt>
          <dd>
            <ul className="plain filled">
              {filled.map((name) => (
                <li key={name}>
                  <a href={linkTo("datasets", name)} aria-label={`Rows of ${name}`}>
                    {name}
                  </a>
                </li>
              ))}
            </ul>
          </dd>
        </>
      )}
    </dl>
  )
}

/** Within the minute no number says more: what is due is begun at once, and looked at twice a minute. */
const NextTime = ({ at }: { readonly at: string }) => {
  const wait = Date.parse(at) - Date.now()
  return wait <= 0 ? "now" : wait < 60_000 ? "within a minute" : <Time at={at} />
}

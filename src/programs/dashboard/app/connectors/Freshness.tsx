import type { ConnectorStatus } from "../../../../services/domain/ConnectorStatus.ts"
import { Time } from "../parts/Time.tsx"
import { linkTo } from "../route.ts"
import { useNow } from "../words/useNow.ts"

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
      {isStale(connector) && (
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

/** And not for what is said already: that it runs, or what keeps it from running. */
const isStale = ({ stale, connected, loadError, running }: ConnectorStatus): boolean =>
  stale !== null && connected && loadError === null && running === null

/** Within the minute no number says more: what is due is begun at once, and looked at twice a minute. */
const NextTime = ({ at }: { readonly at: string }) => {
  const wait = Date.parse(at) - useNow()
  return wait <= 0 ? "now" : wait < 60_000 ? "within a minute" : <Time at={at} />
}

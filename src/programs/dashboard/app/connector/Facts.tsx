import { Copied } from "../parts/Copied.tsx"
import { linkTo } from "../route.ts"
import type { Connector } from "../server/types.ts"

/** What the manifest and the connector say of it. */
export const Facts = ({ connector }: { readonly connector: Connector }) => {
  const { datasets, permissions, redirectUri, config, module, schedule, auth } = connector
  const isConfigured = typeof config === "object" && config !== null && Object.keys(config).length > 0
  return (
    <section aria-labelledby="facts">
      <h2 id="facts">Set-up</h2>
      <dl className="facts wide">
        <dt>Datasets</dt>
        <dd>
          {Object.keys(datasets).length === 0 ? (
            <span className="quiet">none: what it writes is checked and dropped</span>
          ) : (
            <ul className="plain">
              {Object.entries(datasets).map(([output, dataset]) => (
                <li key={output}>
                  {output} → <a href={linkTo("datasets", dataset)}>{dataset}</a>
                </li>
              ))}
            </ul>
          )}
        </dd>
        <dt>Schedule</dt>
        <dd>{schedule === null ? <span className="quiet">none</span> : written(schedule)}</dd>
        <dt>Config</dt>
        <dd>
          {isConfigured ? (
            <pre tabIndex={0} aria-label="Config">
              {JSON.stringify(config, null, 2)}
            </pre>
          ) : (
            <span className="quiet">none</span>
          )}
        </dd>
        <dt>May read</dt>
        <dd>{permissions.read.length === 0 ? <span className="quiet">no files</span> : permissions.read.join(", ")}</dd>
        <dt>May reach</dt>
        <dd>
          {permissions.net === null
            ? "every host"
            : permissions.net.length === 0
              ? "no host"
              : permissions.net.join(", ")}
        </dd>
        <dt>Signs in by</dt>
        <dd>{auth === null || auth === "none" ? <span className="quiet">nothing</span> : auth}</dd>
        {module !== null && (
          <>
            <dt>Code</dt>
            <dd>{module}</dd>
          </>
        )}
        {redirectUri !== null && (
          <>
            <dt>Redirect URI</dt>
            <dd>
              <p className="quiet">Register exactly this with the provider:</p>
              <Copied text={redirectUri} what="redirect URI" />
            </dd>
          </>
        )}
      </dl>
    </section>
  )
}

const written = (schedule: unknown): string => (typeof schedule === "string" ? schedule : JSON.stringify(schedule))

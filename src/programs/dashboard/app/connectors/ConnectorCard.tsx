import type { ConnectorStatus } from "../../../../services/domain/ConnectorStatus.ts"
import { State } from "../parts/State.tsx"
import { linkTo } from "../route.ts"
import { useLiveRun } from "../server/runsUnderWay.ts"
import { ConnectorButtons } from "./ConnectorButtons.tsx"
import { Freshness } from "./Freshness.tsx"
import { LiveLog } from "./LiveLog.tsx"
import { Obstacles } from "./Obstacles.tsx"
import { stateOf } from "./state.ts"

export const ConnectorCard = ({ connector }: { readonly connector: ConnectorStatus }) => {
  const run = useLiveRun(connector.name)
  return (
    <article className="card" aria-labelledby={`connector-${connector.name}`}>
      <div className="card-head">
        <h2 id={`connector-${connector.name}`}>
          <a href={linkTo("connectors", connector.name)}>{connector.name}</a>
        </h2>
        <State {...stateOf(connector, run !== null)} />
      </div>
      {connector.description !== null && <p className="quiet clamp">{connector.description}</p>}
      <Freshness connector={connector} />
      {run !== null ? <LiveLog connector={connector.name} run={run} /> : <Obstacles connector={connector} />}
      <ConnectorButtons connector={connector} run={run} />
    </article>
  )
}

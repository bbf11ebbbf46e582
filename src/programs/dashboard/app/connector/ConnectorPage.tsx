import { Button } from "@mantine/core"
import { useState } from "react"
import type { ListedRun } from "../../../../services/domain/Run.ts"
import { ConnectorButtons } from "../connectors/ConnectorButtons.tsx"
import { Freshness } from "../connectors/Freshness.tsx"
import { LiveLog } from "../connectors/LiveLog.tsx"
import { Obstacles } from "../connectors/Obstacles.tsx"
import { stateOf } from "../connectors/state.ts"
import { Crumbs } from "../parts/Crumbs.tsx"
import { Loaded } from "../parts/Loaded.tsx"
import { Page } from "../parts/Page.tsx"
import { State } from "../parts/State.tsx"
import { segments } from "../server/ask.ts"
import { useResource } from "../server/resource.ts"
import { useLiveRun } from "../server/runsUnderWay.ts"
import type { Connector } from "../server/types.ts"
import { Facts } from "./Facts.tsx"
import { Runs } from "./Runs.tsx"

interface RunsAnswer {
  readonly runs: ReadonlyArray<ListedRun>
  readonly nextCursor: string | null
}

export const ConnectorPage = ({ name }: { readonly name: string }) => {
  const connector = useResource<Connector>(`/api/connectors/${segments(name)}`)
  const [most, setMost] = useState(50)
  const isRunning = useLiveRun(name) !== null
  const runs = useResource<RunsAnswer>(`/api/runs?connector=${segments(name)}&limit=${most}`)
  return (
    <Page title={name} above={<Crumbs title="Connectors" />}>
      <Loaded answer={connector} height={240}>
        {(one) => <About connector={one} />}
      </Loaded>
      <section aria-labelledby="runs">
        <h2 id="runs">Runs</h2>
        <Loaded answer={runs} height={320}>
          {(data) => (
            <>
              <Runs runs={data.runs} isRunning={isRunning} />
              {data.nextCursor !== null && most < 1_000 && (
                <Button variant="default" onClick={() => setMost(most === 50 ? 200 : 1_000)}>
                  Show older runs
                </Button>
              )}
            </>
          )}
        </Loaded>
      </section>
      {connector.data !== undefined && <Facts connector={connector.data} />}
    </Page>
  )
}

const About = ({ connector }: { readonly connector: Connector }) => {
  const run = useLiveRun(connector.name)
  return (
    <section className="card about" aria-label="State">
      <div className="card-head">
        <p className="description">{connector.description ?? <span className="quiet">No description</span>}</p>
        <State {...stateOf(connector, run !== null)} />
      </div>
      <Freshness connector={connector} />
      {run !== null ? <LiveLog connector={connector.name} run={run} /> : <Obstacles connector={connector} />}
      <ConnectorButtons connector={connector} run={run} />
    </section>
  )
}

import { Copied } from "../parts/Copied.tsx"
import { Empty } from "../parts/Empty.tsx"
import { Loaded } from "../parts/Loaded.tsx"
import { Page } from "../parts/Page.tsx"
import { Problem } from "../parts/Problem.tsx"
import { useResource } from "../server/resource.ts"
import { useLiveRuns } from "../server/runsUnderWay.ts"
import type { Connectors } from "../server/types.ts"
import { ConnectorCard } from "./ConnectorCard.tsx"
import { stateOf, summaryOf } from "./state.ts"

export const ConnectorsPage = () => {
  const answer = useResource<Connectors>("/api/connectors")
  const live = useLiveRuns()
  const connectors = answer.data?.connectors ?? []
  const summary = summaryOf(connectors.map((one) => stateOf(one, live.has(one.name))))
  return (
    <Page title="Connectors" aside={connectors.length > 0 && <p className="quiet">{summary}</p>}>
      {answer.data?.error !== undefined && (
        <Problem error={answer.data.error} isNew>
          <p className="quiet">What you see is from before, and goes on.</p>
        </Problem>
      )}
      <Loaded answer={answer} height={220}>
        {() => (connectors.length === 0 ? <None /> : <Cards connectors={connectors} />)}
      </Loaded>
    </Page>
  )
}

const Cards = ({ connectors }: Pick<Connectors, "connectors">) => (
  <ul className="cards">
    {connectors.map((connector) => (
      <li key={connector.name}>
        <ConnectorCard connector={connector} />
      </li>
    ))}
  </ul>
)

const None = () => (
  <Empty title="No connectors yet">
    <p>A connector pulls data from a provider into files of your own. Make one, in the project&apos;s directory:</p>
    <Copied text="openislands new weather" what="command" />
    <p className="quiet">It appears here as soon as manifest.json declares it.</p>
  </Empty>
)

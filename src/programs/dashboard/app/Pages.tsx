import { Anchor } from "@mantine/core"
import { ConnectorPage } from "./connector/ConnectorPage.tsx"
import { ConnectorsPage } from "./connectors/ConnectorsPage.tsx"
import { DatasetPage } from "./datasets/DatasetPage.tsx"
import { DatasetsPage } from "./datasets/DatasetsPage.tsx"
import { HistoryPage } from "./history/HistoryPage.tsx"
import { Empty } from "./parts/Empty.tsx"
import { Page } from "./parts/Page.tsx"
import { linkTo, type Route, useRoute } from "./route.ts"

/** A page starts afresh when it is about something else. */
export const Pages = () => {
  const route = useRoute()
  return <PageOf key={route.join("/")} route={route} />
}

const PageOf = ({ route }: { readonly route: Route }) => {
  const [section = "", name] = route
  if (section === "") return <ConnectorsPage />
  if (section === "connectors" && name !== undefined) return <ConnectorPage name={name} />
  if (section === "datasets") return name === undefined ? <DatasetsPage /> : <DatasetPage name={name} />
  if (section === "history") return <HistoryPage />
  return (
    <Page title="Nothing here">
      <Empty title="This address leads nowhere">
        <Anchor href={linkTo()}>Go to the connectors</Anchor>
      </Empty>
    </Page>
  )
}

import { Empty } from "../parts/Empty.tsx"
import { Copied } from "../parts/Copied.tsx"
import { Loaded } from "../parts/Loaded.tsx"
import { Page } from "../parts/Page.tsx"
import { Table } from "../parts/Table.tsx"
import { linkTo } from "../route.ts"
import { useResource } from "../server/resource.ts"
import type { Dataset } from "../server/types.ts"

export interface Datasets {
  readonly datasets: ReadonlyArray<Dataset>
}

export const allDatasets = "/api/datasets?limit=1000"

export const DatasetsPage = () => {
  const answer = useResource<Datasets>(allDatasets)
  return (
    <Page title="Datasets">
      <Loaded answer={answer} height={220}>
        {({ datasets }) => (datasets.length === 0 ? <None /> : <List datasets={datasets} />)}
      </Loaded>
    </Page>
  )
}

const List = ({ datasets }: Datasets) => (
  <Table label="Datasets">
    <thead>
      <tr>
        <th scope="col">Name</th>
        <th scope="col">Format</th>
        <th scope="col">File</th>
        <th scope="col">Description</th>
      </tr>
    </thead>
    <tbody>
      {datasets.map((dataset) => (
        <tr key={dataset.name}>
          <th scope="row">
            <a href={linkTo("datasets", dataset.name)}>{dataset.name}</a>
          </th>
          <td>{dataset.format ?? "SQL"}</td>
          <td className="mono">{placeOf(dataset)}</td>
          <td className="quiet">{dataset.description}</td>
        </tr>
      ))}
    </tbody>
  </Table>
)

export const placeOf = ({ source, sql, table }: Dataset): string =>
  source === null ? (sql ?? "") : table === null ? source : `${source}, table ${table}`

const None = () => (
  <Empty title="No datasets yet">
    <p>A dataset is a file that connectors write to. Declare one in manifest.json:</p>
    <Copied text={'"datasets": {\n  "weather": { "source": "data/weather.csv" }\n}'} what="entry for manifest.json" />
  </Empty>
)

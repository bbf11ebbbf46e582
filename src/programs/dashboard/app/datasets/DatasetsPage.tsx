import { Empty } from "../parts/Empty.tsx"
import { Copied } from "../parts/Copied.tsx"
import { Loaded } from "../parts/Loaded.tsx"
import { Page } from "../parts/Page.tsx"
import { Table } from "../parts/Table.tsx"
import { Time } from "../parts/Time.tsx"
import { linkTo } from "../route.ts"
import { useResource } from "../server/resource.ts"
import type { Connectors, Dataset } from "../server/types.ts"

export interface Datasets {
  readonly datasets: ReadonlyArray<Dataset>
}

export const allDatasets = "/api/datasets?limit=1000"

export const DatasetsPage = () => {
  const answer = useResource<Datasets>(allDatasets)
  const connectors = useResource<Connectors>("/api/connectors").data?.connectors ?? []
  return (
    <Page title="Datasets">
      <Loaded answer={answer} height={220}>
        {({ datasets }) => (datasets.length === 0 ? <None /> : <List datasets={datasets} connectors={connectors} />)}
      </Loaded>
    </Page>
  )
}

const List = ({ datasets, connectors }: Datasets & Pick<Connectors, "connectors">) => (
  <Table label="Datasets">
    <thead>
      <tr>
        <th scope="col">Name</th>
        <th scope="col">Format</th>
        <th scope="col">File</th>
        <th scope="col">Filled by</th>
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
          <td>
            <Writers dataset={dataset.name} connectors={connectors} />
          </td>
          <td className="quiet">{dataset.description}</td>
        </tr>
      ))}
    </tbody>
  </Table>
)

/** The connectors that write to it, and when each last did. */
const Writers = ({ dataset, connectors }: { readonly dataset: string } & Pick<Connectors, "connectors">) =>
  connectors
    .filter(({ datasets }) => Object.values(datasets).includes(dataset))
    .map(({ name, lastSuccess }) => (
      <span className="writer" key={name}>
        <a href={linkTo("connectors", name)}>{name}</a>{" "}
        <span className="quiet">· {lastSuccess === null ? "never" : <Time at={lastSuccess} />}</span>
      </span>
    ))

export const placeOf = ({ source, sql, table }: Dataset): string =>
  source === null ? (sql ?? "") : table === null ? source : `${source}, table ${table}`

const None = () => (
  <Empty title="No datasets yet">
    <p>A dataset is a file that connectors write to. Declare one in manifest.json:</p>
    <Copied text={'"datasets": {\n  "weather": { "source": "data/weather.csv" }\n}'} what="entry for manifest.json" />
  </Empty>
)

import { Crumbs } from "../parts/Crumbs.tsx"
import { Loaded } from "../parts/Loaded.tsx"
import { Page } from "../parts/Page.tsx"
import { useResource } from "../server/resource.ts"
import { allDatasets, type Datasets, placeOf } from "./DatasetsPage.tsx"
import { OfFile } from "./OfFile.tsx"
import { OfQuery } from "./OfQuery.tsx"

export const DatasetPage = ({ name }: { readonly name: string }) => {
  const all = useResource<Datasets>(allDatasets)
  const dataset = all.data?.datasets.find((one) => one.name === name)
  return (
    <Page title={name} above={<Crumbs title="Datasets" to={["datasets"]} />}>
      {dataset?.description != null && <p className="description">{dataset.description}</p>}
      {dataset !== undefined && (
        <p className="quiet mono">
          {dataset.format ?? "SQL"} {placeOf(dataset)}
        </p>
      )}
      <Loaded answer={all} height={560}>
        {() => (dataset?.kind === "sql" ? <OfQuery name={name} /> : <OfFile name={name} />)}
      </Loaded>
    </Page>
  )
}

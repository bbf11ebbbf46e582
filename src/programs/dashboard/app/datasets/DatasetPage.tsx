import { Actions } from "../actions/Actions.tsx"
import { Crumbs } from "../parts/Crumbs.tsx"
import { Loaded } from "../parts/Loaded.tsx"
import { Page } from "../parts/Page.tsx"
import { segments } from "../server/ask.ts"
import { useResource } from "../server/resource.ts"
import type { Columns as ColumnsAnswer } from "../server/types.ts"
import { Columns } from "./Columns.tsx"
import { allDatasets, type Datasets, placeOf } from "./DatasetsPage.tsx"
import { Growth } from "./Growth.tsx"
import { Rows } from "./Rows.tsx"

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
      {dataset?.kind === "sql" ? <OfQuery name={name} /> : <OfFile name={name} />}
    </Page>
  )
}

const OfFile = ({ name }: { readonly name: string }) => {
  const columns = useResource<ColumnsAnswer>(`/api/datasets/${segments(name)}`)
  return (
    <>
      <section aria-labelledby="rows">
        <h2 id="rows">Rows</h2>
        <Rows name={name} columns={columns.data?.columns.map((one) => one.name) ?? []} />
      </section>
      <Actions dataset={name} />
      <Growth name={name} />
      <section aria-labelledby="columns">
        <h2 id="columns">Columns</h2>
        <Loaded answer={columns}>{(data) => <Columns columns={data.columns} />}</Loaded>
      </section>
    </>
  )
}

const OfQuery = ({ name }: { readonly name: string }) => (
  <section aria-labelledby="rows">
    <h2 id="rows">Rows</h2>
    <p className="quiet lead">What a query answers, worked out anew whenever somebody looks.</p>
    <Rows name={name} columns={[]} isSql />
  </section>
)

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
      <p className="description">{dataset?.description}</p>
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

const OfFile = ({ name }: { readonly name: string }) => {
  const columns = useResource<ColumnsAnswer>(`/api/datasets/${segments(name)}`)
  return (
    <>
      <section aria-labelledby="rows">
        <h2 id="rows">Rows</h2>
        <Rows name={name} columns={columns.data?.columns.map((one) => one.name) ?? []}>
          The first sync or action that writes to it fills it.
        </Rows>
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

/** Its columns are those of the rows, and nothing is written to it. */
const OfQuery = ({ name }: { readonly name: string }) => (
  <section aria-labelledby="rows">
    <h2 id="rows">Rows</h2>
    <p className="quiet lead">What its query answers now. It keeps nothing: each look asks anew.</p>
    <Rows name={name} columns={[]}>
      Its query finds none in the datasets that it reads.
    </Rows>
  </section>
)

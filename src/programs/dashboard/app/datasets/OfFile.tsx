import { Actions } from "../actions/Actions.tsx"
import { Empty } from "../parts/Empty.tsx"
import { Loaded } from "../parts/Loaded.tsx"
import { segments } from "../server/ask.ts"
import { useResource } from "../server/resource.ts"
import type { Columns as ColumnsAnswer, Count } from "../server/types.ts"
import { Columns } from "./Columns.tsx"
import { Growth } from "./Growth.tsx"
import { RowPages } from "./RowPages.tsx"

/** A dataset whose rows are in a file. */
export const OfFile = ({ name }: { readonly name: string }) => {
  const columns = useResource<ColumnsAnswer>(`/api/datasets/${segments(name)}`)
  // Apart from the rows, which needn't wait until all of them are counted.
  const total = useResource<Count>(`/api/datasets/${segments(name)}/count`).data?.rows ?? null
  return (
    <>
      <section aria-labelledby="rows">
        <h2 id="rows">Rows</h2>
        <RowPages
          name={name}
          columns={columns.data?.columns.map((one) => one.name) ?? []}
          total={total}
          isLive
          none={
            <Empty title="No rows yet">
              <p>The first sync that writes to it fills it.</p>
            </Empty>
          }
        />
      </section>
      <Actions dataset={name} />
      <Growth name={name} total={total} />
      <section aria-labelledby="columns">
        <h2 id="columns">Columns</h2>
        <Loaded answer={columns}>{(data) => <Columns columns={data.columns} />}</Loaded>
      </section>
    </>
  )
}

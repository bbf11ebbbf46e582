import { Empty } from "../parts/Empty.tsx"
import { RowPages } from "./RowPages.tsx"

/** A dataset whose rows are what a query answers; that may take long, so that nobody asks but who looks. */
export const OfQuery = ({ name }: { readonly name: string }) => (
  <section aria-labelledby="rows">
    <h2 id="rows">Rows</h2>
    <p className="quiet lead">What its query answers now: it is worked out when you look, and not kept.</p>
    <RowPages
      name={name}
      columns={[]}
      total={null}
      isLive={false}
      none={
        <Empty title="No rows">
          <p>The query finds nothing in what the other datasets hold now.</p>
        </Empty>
      }
    />
  </section>
)

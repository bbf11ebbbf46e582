import { Button } from "@mantine/core"
import { useState } from "react"
import { Empty } from "../parts/Empty.tsx"
import { Loaded } from "../parts/Loaded.tsx"
import { segments } from "../server/ask.ts"
import { useResource } from "../server/resource.ts"
import type { Count, Rows as Page } from "../server/types.ts"
import { number } from "../words/intl.ts"
import { GoToRow } from "./GoToRow.tsx"
import { RowsTable } from "./RowsTable.tsx"

const size = 100

interface Props {
  readonly name: string
  readonly columns: ReadonlyArray<string>
  /** Its rows are what a query answers. */
  readonly isSql?: boolean
}

/** Some rows at a time: the server reads them where they are, whatever the dataset weighs. */
export const Rows = ({ name, columns, isSql = false }: Props) => {
  const [start, setStart] = useState(0)
  const answer = useResource<Page>(`/api/datasets/${segments(name)}/rows?limit=${size}&cursor=${start}`)
  const total = useResource<Count>(`/api/datasets/${segments(name)}/count`).data?.rows ?? null
  const count = answer.data?.rows.length ?? 0
  const isLoading = answer.data === undefined && answer.error === null
  const next = answer.data?.nextCursor ?? null
  const last = total === null ? null : Math.floor(Math.max(0, total - 1) / size) * size
  return (
    <>
      <div className="pager">
        <p role="status" className="pager-where">
          {isLoading ? "Loading …" : count === 0 ? "No rows" : `Rows ${number(start + 1)} to ${number(start + count)}`}
          {!isLoading && count > 0 && total !== null && ` of ${number(total)}`}
        </p>
        <Button.Group>
          <Button variant="default" size="sm" disabled={start === 0} onClick={() => setStart(0)}>
            First
          </Button>
          <Button
            variant="default"
            size="sm"
            disabled={start === 0}
            onClick={() => setStart(Math.max(0, start - size))}
          >
            Previous
          </Button>
          <Button variant="default" size="sm" disabled={next === null} onClick={() => setStart(Number(next))}>
            Next
          </Button>
          <Button
            variant="default"
            size="sm"
            disabled={last === null || next === null}
            onClick={() => setStart(last ?? start)}
          >
            Last
          </Button>
        </Button.Group>
        <GoToRow onGo={(row) => setStart(row - 1)} />
      </div>
      {/* What lies below doesn't jump from page to page. */}
      <div className={start > 0 || next !== null ? "rows-place many" : "rows-place"}>
        <Loaded answer={answer} height={560}>
          {({ rows }) =>
            rows.length === 0 ? <None isPast={start > 0} isSql={isSql} /> : <RowsTable {...{ rows, columns, start }} />
          }
        </Loaded>
      </div>
    </>
  )
}

const None = ({ isPast, isSql }: { readonly isPast: boolean; readonly isSql: boolean }) =>
  isPast ? (
    <Empty title="The dataset ends before this row">
      <p>Go to an earlier one.</p>
    </Empty>
  ) : isSql ? (
    <Empty title="No rows">
      <p>The query finds nothing in what the other datasets hold now.</p>
    </Empty>
  ) : (
    <Empty title="No rows yet">
      <p>The first sync that writes to it fills it.</p>
    </Empty>
  )

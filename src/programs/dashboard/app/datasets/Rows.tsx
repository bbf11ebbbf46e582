import { Button } from "@mantine/core"
import { useState } from "react"
import { Empty } from "../parts/Empty.tsx"
import { Loaded } from "../parts/Loaded.tsx"
import { segments } from "../server/ask.ts"
import { useResource } from "../server/resource.ts"
import type { Rows as Page } from "../server/types.ts"
import { number } from "../words/intl.ts"
import { GoToRow } from "./GoToRow.tsx"
import { RowsTable } from "./RowsTable.tsx"

const size = 100

interface Props {
  readonly name: string
  readonly columns: ReadonlyArray<string>
}

/** Some rows at a time: the server reads them where they are, whatever the dataset weighs. */
export const Rows = ({ name, columns }: Props) => {
  const [start, setStart] = useState(0)
  const answer = useResource<Page>(`/api/datasets/${segments(name)}/rows?limit=${size}&cursor=${start}`)
  const count = answer.data?.rows.length ?? 0
  const isLoading = answer.data === undefined && answer.error === null
  const next = answer.data?.nextCursor ?? null
  return (
    <>
      <div className="pager">
        <p role="status" className="pager-where">
          {isLoading ? "Loading …" : count === 0 ? "No rows" : `Rows ${number(start + 1)} to ${number(start + count)}`}
          {!isLoading && count > 0 && next === null && start > 0 && ", the last"}
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
        </Button.Group>
        <GoToRow onGo={(row) => setStart(row - 1)} />
      </div>
      <div className="rows-place">
        <Loaded answer={answer} height={560}>
          {({ rows }) =>
            rows.length === 0 ? <None isPast={start > 0} /> : <RowsTable {...{ rows, columns, start }} />
          }
        </Loaded>
      </div>
    </>
  )
}

const None = ({ isPast }: { readonly isPast: boolean }) =>
  isPast ? (
    <Empty title="The dataset ends before this row">
      <p>Go to an earlier one.</p>
    </Empty>
  ) : (
    <Empty title="No rows yet">
      <p>The first sync that writes to it fills it.</p>
    </Empty>
  )

import { Button } from "@mantine/core"
import { useState } from "react"
import { Empty } from "../parts/Empty.tsx"
import { Loaded } from "../parts/Loaded.tsx"
import { segments } from "../server/ask.ts"
import { useResource } from "../server/resource.ts"
import type { Rows as Page } from "../server/types.ts"
import { counted, number } from "../words/intl.ts"
import { GoToRow } from "./GoToRow.tsx"
import { RowsTable } from "./RowsTable.tsx"

const size = 100

interface Props {
  readonly name: string
  readonly columns: ReadonlyArray<string>
  /** What to say where there is none. */
  readonly children: string
}

/** Some rows at a time: the server reads them where they are, whatever the dataset weighs. */
export const Rows = ({ name, columns, children }: Props) => {
  const [start, setStart] = useState(0)
  const answer = useResource<Page>(`/api/datasets/${segments(name)}/rows?limit=${size}&cursor=${start}`)
  const count = answer.data?.rows.length ?? 0
  const isLoading = answer.data === undefined && answer.error === null
  const next = answer.data?.nextCursor ?? null
  const isAll = answer.data !== undefined && start === 0 && next === null
  return (
    <>
      <div className="pager">
        <p role="status" className="pager-where">
          {isLoading ? "Loading …" : where(count, start, isAll)}
          {!isLoading && count > 0 && next === null && start > 0 && ", the last"}
        </p>
        {!isAll && (
          <>
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
          </>
        )}
      </div>
      <div className="rows-place">
        <Loaded answer={answer} height={560}>
          {({ rows }) =>
            rows.length === 0 ? (
              <None text={start > 0 ? null : children} />
            ) : (
              <RowsTable {...{ rows, columns, start }} />
            )
          }
        </Loaded>
      </div>
    </>
  )
}

const where = (count: number, start: number, isAll: boolean): string => {
  if (count === 0) return "No rows"
  return isAll ? counted(count, "row") : `Rows ${number(start + 1)} to ${number(start + count)}`
}

/** Null: there are some, before these. */
const None = ({ text }: { readonly text: string | null }) =>
  text === null ? (
    <Empty title="The dataset ends before this row">
      <p>Go to an earlier one.</p>
    </Empty>
  ) : (
    <Empty title="No rows yet">
      <p>{text}</p>
    </Empty>
  )

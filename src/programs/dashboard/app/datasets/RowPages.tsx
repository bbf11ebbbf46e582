import { Button } from "@mantine/core"
import { type ReactNode, useState } from "react"
import { Empty } from "../parts/Empty.tsx"
import { Loaded } from "../parts/Loaded.tsx"
import { segments } from "../server/ask.ts"
import { askAgain, useResource } from "../server/resource.ts"
import type { Rows as Page } from "../server/types.ts"
import { counted, number } from "../words/intl.ts"
import { GoToRow } from "./GoToRow.tsx"
import { RowsTable } from "./RowsTable.tsx"

const size = 100

interface Props {
  readonly name: string
  /** Where they are known; else those of the rows. */
  readonly columns: ReadonlyArray<string>
  /** Null: not known, or not yet. */
  readonly total: number | null
  /** Whether they are asked for anew whenever something has happened. */
  readonly isLive: boolean
  /** What to say of a dataset without rows. */
  readonly none: ReactNode
}

/** Some rows at a time: the server reads them where they are, whatever the dataset weighs. */
export const RowPages = ({ name, columns, total, isLive, none }: Props) => {
  const [start, setStart] = useState(0)
  const path = `/api/datasets/${segments(name)}/rows?limit=${size}&cursor=${start}`
  const answer = useResource<Page>(path, { isLive })
  const count = answer.data?.rows.length ?? 0
  const isLoading = answer.data === undefined && answer.error === null
  const next = answer.data?.nextCursor ?? null
  const last = total === null ? null : Math.floor(Math.max(0, total - 1) / size) * size
  const isAll = answer.data !== undefined && start === 0 && next === null
  return (
    <>
      <div className="pager">
        <p role="status" className="pager-where">
          {isLoading ? "Loading …" : answer.data !== undefined && where(count, start, isAll)}
          {!isLoading && count > 0 && !isAll && total !== null && ` of ${number(total)}`}
          {!isLoading && count > 0 && next === null && start > 0 && total === null && ", the last"}
        </p>
        {!isLive && (
          <Button variant="default" size="sm" onClick={() => askAgain(path)}>
            Ask again
          </Button>
        )}
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
              <Button
                variant="default"
                size="sm"
                disabled={last === null || next === null}
                onClick={() => setStart(last ?? 0)}
              >
                Last
              </Button>
            </Button.Group>
            <GoToRow onGo={(row) => setStart(row - 1)} />
          </>
        )}
      </div>
      {/* What lies below doesn't jump from page to page. */}
      <div className={start > 0 || next !== null ? "rows-place many" : "rows-place"}>
        <Loaded answer={answer} height={560}>
          {({ rows }) =>
            rows.length === 0 ? start > 0 ? <Past /> : none : <RowsTable {...{ rows, columns, start }} />
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

const Past = () => (
  <Empty title="The dataset ends before this row">
    <p>Go to an earlier one.</p>
  </Empty>
)

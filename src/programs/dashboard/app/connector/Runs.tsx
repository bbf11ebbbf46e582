import { lazy, Suspense } from "react"
import type { ListedRun } from "../../../../services/domain/Run.ts"
import { Empty } from "../parts/Empty.tsx"
import { RunsTable } from "./RunsTable.tsx"

const RunsChart = lazy(() => import("./RunsChart.tsx").then(({ RunsChart }) => ({ default: RunsChart })))

interface Props {
  readonly runs: ReadonlyArray<ListedRun>
  readonly isRunning: boolean
}

export const Runs = ({ runs, isRunning }: Props) => {
  if (runs.length === 0) {
    return isRunning ? (
      <p className="quiet">Its first run is under way: what comes of it stands here when it has ended.</p>
    ) : (
      <Empty title="It has not run yet">
        <p>Sync now, and what came of it stands here.</p>
      </Empty>
    )
  }
  return (
    <>
      {runs.length > 1 && (
        <Suspense fallback={<div className="charts-place" />}>
          <RunsChart runs={runs} />
        </Suspense>
      )}
      <RunsTable runs={runs} />
    </>
  )
}

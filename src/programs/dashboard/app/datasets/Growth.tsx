import { lazy, Suspense } from "react"
import { useResource } from "../server/resource.ts"
import { allCheckpoints, type Checkpoints } from "../history/HistoryPage.tsx"
import { growthOf } from "./growthOf.ts"

const GrowthChart = lazy(() => import("./GrowthChart.tsx").then(({ GrowthChart }) => ({ default: GrowthChart })))

/** Where the history tells: what has been written over time. */
export const Growth = ({ name, total }: { readonly name: string; readonly total: number | null }) => {
  const { data } = useResource<Checkpoints>(allCheckpoints)
  const growth = growthOf(data?.checkpoints ?? [], name, total)
  if (growth.points.length < 2) return null
  return (
    <section aria-labelledby="growth">
      <h2 id="growth">Growth</h2>
      <p className="quiet lead">
        {growth.isTotal ? "Rows after each checkpoint of the history." : "Rows that each checkpoint wrote."}
      </p>
      <Suspense fallback={<div className="chart-place" />}>
        <GrowthChart growth={growth} />
      </Suspense>
    </section>
  )
}

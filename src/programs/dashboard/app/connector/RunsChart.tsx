import { BarChart } from "@mantine/charts"
import type { ListedRun } from "../../../../services/domain/Run.ts"
import { compact, duration, number, shortTime } from "../words/intl.ts"
import { outcomeOf, rowsIn } from "../words/runs.ts"

/** Runs that fit the width and can still be told apart. */
const most = 40

const colors = { good: "lagoon.6", attention: "yellow.6", bad: "red.6", idle: "gray.5", busy: "lagoon.3" } as const

/** The newest runs from old to new: what each brought, and how long it took. The table below says the same in words. */
export const RunsChart = ({ runs }: { readonly runs: ReadonlyArray<ListedRun> }) => {
  const shown = runs.slice(0, most).toReversed()
  const data = shown.map((run) => ({
    at: shortTime(run.startedAt),
    Rows: rowsIn(run),
    Seconds: run.durationMs / 1_000,
    color: colors[outcomeOf(run).tone],
  }))
  const common = {
    h: 140,
    data,
    dataKey: "at",
    gridAxis: "x",
    withXAxis: false,
    tickLine: "none",
    maxBarWidth: 24,
    barChartProps: { syncId: "runs", accessibilityLayer: false },
    barProps: { isAnimationActive: false, radius: 2 },
    tooltipAnimationDuration: 0,
  } as const
  return (
    <div className="charts" aria-hidden="true">
      <figure>
        <figcaption>Rows per run</figcaption>
        <BarChart
          {...common}
          series={[{ name: "Rows", color: "lagoon.6" }]}
          getBarColor={(_value, { name }) => (name === "Rows" ? "lagoon.6" : "gray.6")}
          valueFormatter={number}
          yAxisProps={{ width: 48, tickFormatter: compact, allowDecimals: false, tickCount: 3 }}
        />
      </figure>
      <figure>
        <figcaption>Duration</figcaption>
        <BarChart
          {...common}
          series={[{ name: "Seconds", color: "gray.6" }]}
          valueFormatter={(seconds) => duration(seconds * 1_000)}
          yAxisProps={{ width: 56, tickCount: 3, tickFormatter: (seconds: number) => `${number(seconds)} s` }}
        />
      </figure>
    </div>
  )
}

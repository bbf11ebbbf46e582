import { AreaChart, BarChart } from "@mantine/charts"
import { compact, number, shortTime } from "../words/intl.ts"
import type { Growth } from "./growthOf.ts"

export const GrowthChart = ({ growth: { isTotal, points } }: { readonly growth: Growth }) => {
  const common = {
    h: 180,
    dataKey: "at",
    gridAxis: "x",
    tickLine: "x",
    valueFormatter: number,
    tooltipAnimationDuration: 0,
    yAxisProps: { width: 48, tickFormatter: compact, allowDecimals: false },
    xAxisProps: { minTickGap: 60 },
  } as const
  return (
    <div className="chart" aria-hidden="true">
      {isTotal ? (
        <AreaChart
          {...common}
          data={points.map(({ at, rows }) => ({ at: Date.parse(at), Rows: rows }))}
          xAxisProps={{
            ...common.xAxisProps,
            type: "number",
            scale: "time",
            domain: ["dataMin", "dataMax"],
            tickFormatter: timeOf,
          }}
          tooltipProps={{ labelFormatter: timeOf }}
          series={[{ name: "Rows", color: "lagoon.6" }]}
          curveType="stepAfter"
          withDots={false}
          areaChartProps={{ accessibilityLayer: false }}
          areaProps={{ isAnimationActive: false }}
        />
      ) : (
        <BarChart
          {...common}
          data={points.map(({ at, rows }) => ({ at: shortTime(at), Rows: rows }))}
          series={[{ name: "Rows", color: "lagoon.6" }]}
          maxBarWidth={24}
          barChartProps={{ accessibilityLayer: false }}
          barProps={{ isAnimationActive: false }}
        />
      )}
    </div>
  )
}

/** The chart also asks of places where nothing is. */
const timeOf = (time: unknown): string =>
  typeof time === "number" && Number.isFinite(time) ? shortTime(new Date(time).toISOString()) : ""

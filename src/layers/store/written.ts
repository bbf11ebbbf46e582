import { Effect } from "effect"
import type { TransactionScope, Work } from "../../services/DatasetStore.ts"
import type { OutputReport } from "../../services/domain/OutputReport.ts"
import type { Mode } from "../../services/domain/Run.ts"
import { StagingCorrupt } from "../../services/domain/StoreError.ts"

/** What was reported of an output that was written to. */
export type Written = OutputReport & { readonly mode: Mode }

export const isWritten = (report: OutputReport): report is Written => report.mode !== null

/** Each output that was written to with its lane; of those that lead to no dataset, how many rows are dropped. */
export const writtenIn = Effect.fnUntraced(function* <Lane>(
  { outputs }: Work,
  scope: TransactionScope,
  laneOf: (output: string) => Lane | undefined,
) {
  const written: Array<{ readonly report: Written; readonly lane: Lane }> = []
  const dropped: Record<string, number> = {}
  for (const report of outputs.filter(isWritten)) {
    const { output } = report
    const lane = laneOf(output)
    if (lane !== undefined) written.push({ report, lane })
    else if (scope.outputs.some((one) => one.output === output)) dropped[output] = report.rows
    else return yield* new StagingCorrupt({ output, detail: "no such output was opened" })
  }
  return { written, dropped }
})

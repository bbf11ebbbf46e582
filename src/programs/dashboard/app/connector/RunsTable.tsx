import { Button, Modal } from "@mantine/core"
import { useState } from "react"
import type { ListedRun } from "../../../../services/domain/Run.ts"
import { Problem } from "../parts/Problem.tsx"
import { State } from "../parts/State.tsx"
import { Table } from "../parts/Table.tsx"
import { Time } from "../parts/Time.tsx"
import { counted, duration, exactTime, number } from "../words/intl.ts"
import { asDocument, outcomeOf, rowsIn, triggerOf, upsertsIn } from "../words/runs.ts"
import { RunLog } from "./RunLog.tsx"

export const RunsTable = ({ runs }: { readonly runs: ReadonlyArray<ListedRun> }) => {
  const [shown, setShown] = useState<ListedRun | null>(null)
  return (
    <>
      <Table label="Runs">
        <thead>
          <tr>
            <th scope="col">Started</th>
            <th scope="col">Outcome</th>
            <th scope="col" className="numeric">
              Rows
            </th>
            <th scope="col" className="numeric">
              Duration
            </th>
            <th scope="col">Started by</th>
            <th scope="col">
              <span className="heard">Log</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <RunRow key={run.runId} run={run} onShow={() => setShown(run)} />
          ))}
        </tbody>
      </Table>
      <Modal
        opened={shown !== null}
        onClose={() => setShown(null)}
        title={shown === null ? "" : `Run of ${exactTime(shown.startedAt)}`}
        size="xl"
        closeButtonProps={{ "aria-label": "Close the dialog" }}
      >
        {shown !== null && <RunLog run={shown} />}
      </Modal>
    </>
  )
}

const RunRow = ({ run, onShow }: { readonly run: ListedRun; readonly onShow: () => void }) => {
  const error = asDocument(run.error)
  const upserts = upsertsIn(run)
  return (
    <>
      <tr>
        <td>
          <Time at={run.startedAt} />
        </td>
        <td>
          <State {...outcomeOf(run)} />
        </td>
        <td className="numeric">{number(rowsIn(run))}</td>
        <td className="numeric">{duration(run.durationMs)}</td>
        <td className="quiet">{triggerOf(run)}</td>
        <td className="numeric">
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            onClick={onShow}
            aria-label={`Log of the run of ${exactTime(run.startedAt)}`}
          >
            Log
          </Button>
        </td>
      </tr>
      {(error !== null || upserts.length > 0 || run.schemaChanges.length > 0) && (
        <tr className="more">
          <td colSpan={6}>
            {error !== null && <Problem error={error} />}
            {upserts.length > 0 && <p className="quiet">{upserts.join("; ")}</p>}
            {run.schemaChanges.length > 0 && (
              <p className="quiet">
                {counted(run.schemaChanges.length, "column")} changed:{" "}
                {run.schemaChanges.map(({ dataset, column, change }) => `${dataset}.${column} ${change}`).join(", ")}
              </p>
            )}
          </td>
        </tr>
      )}
    </>
  )
}

import type { ListedRun } from "../../../../services/domain/Run.ts"
import { Loaded } from "../parts/Loaded.tsx"
import { Problem } from "../parts/Problem.tsx"
import { segments } from "../server/ask.ts"
import { useResource } from "../server/resource.ts"
import type { Line } from "../server/types.ts"
import { asDocument } from "../words/runs.ts"

interface Lines {
  readonly lines: ReadonlyArray<Line>
  readonly nextCursor: string | null
}

export const RunLog = ({ run }: { readonly run: ListedRun }) => {
  const answer = useResource<Lines>(`/api/runs/${segments(run.runId)}/log?limit=1000`)
  const error = asDocument(run.error)
  return (
    <>
      {error !== null && <Problem error={error} />}
      <Loaded answer={answer}>
        {({ lines, nextCursor }) => (
          <>
            <pre className="log tall" tabIndex={0} aria-label="Log">
              {lines.length === 0 ? "It logged nothing." : lines.map(({ text }) => text).join("\n")}
            </pre>
            {nextCursor !== null && (
              <p className="quiet">
                These are its first 1,000 lines; <code>openislands logs {run.runId}</code> prints all.
              </p>
            )}
          </>
        )}
      </Loaded>
    </>
  )
}

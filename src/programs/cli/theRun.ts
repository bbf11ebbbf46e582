import { Effect } from "effect"
import { UnknownRun } from "../../services/RunLog.ts"
import { UsageError } from "./failure.ts"
import { leadTo } from "./place.ts"
import { isProject, resolved } from "./target.ts"

/** The run that a command is about; `rest` is what is left of its positionals without the project. */
export const theRun = Effect.fnUntraced(function* (given: ReadonlyArray<string>, [runId]: ReadonlyArray<string>) {
  if (runId !== undefined) return runId
  const [first] = given
  // What looks like a directory and is no project was meant to be a run.
  if (first !== undefined && !isProject(first)) {
    leadTo(yield* resolved("."))
    return yield* new UnknownRun({ runId: first })
  }
  return yield* new UsageError("which run?", 'Name one: "openislands runs" lists them.')
})

import { Effect } from "effect"
import { InvalidPath } from "../../services/domain/ManifestProblem.ts"
import type { Project } from "../../services/Project.ts"
import type { Place } from "./document.ts"
import type { Findings } from "./findings.ts"

/** Where a path of the manifest leads; null, and a problem, when it may not lead there. */
export const confine = (findings: Findings, project: Project["Service"], place: Place, written: string) =>
  project.confine(written).pipe(
    Effect.catchTag("PathEscapes", (error) => {
      findings.report(place, (at) => new InvalidPath({ ...at, written, detail: error.message }))
      return Effect.succeed(null)
    }),
  )

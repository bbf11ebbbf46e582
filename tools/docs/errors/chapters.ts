import { actions } from "./actions.ts"
import type { ErrorChapter } from "./chapter.ts"
import { commands } from "./commands.ts"
import { credentials } from "./credentials.ts"
import { datasets } from "./datasets.ts"
import { history } from "./history.ts"
import { manifest } from "./manifest.ts"
import { queries } from "./queries.ts"
import { runs } from "./runs.ts"
import { serving } from "./serving.ts"

/** Every error that the system knows; a test looks for those of the sources that are missing here. */
export const chapters: ReadonlyArray<ErrorChapter> = [
  manifest,
  runs,
  credentials,
  datasets,
  history,
  queries,
  actions,
  serving,
  commands,
]

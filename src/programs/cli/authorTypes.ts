import { Effect } from "effect"
import { refreshAuthorTypes } from "../../layers/AuthorTypes.ts"
import { printError } from "./output.ts"

/** Connectors run without their editor's types: that those cannot be kept is worth a word, never a failure. */
export const keepAuthorTypes = refreshAuthorTypes.pipe(
  Effect.catch((error) => printError(`warning: ${error.message}\n  ${error.suggestion}`)),
)

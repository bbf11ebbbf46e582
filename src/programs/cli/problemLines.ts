import { type ErrorDocument, placedMessage } from "../../services/domain/ErrorDocument.ts"

/** An error of an answer, and below it the next step; `what` it is of. Of none, nothing. */
export const problemLines = (error: ErrorDocument | null, what = "error"): ReadonlyArray<string> =>
  error === null
    ? []
    : [`${what}: ${placedMessage(error)}`, ...(error.suggestion === null ? [] : [`  ${error.suggestion}`])]

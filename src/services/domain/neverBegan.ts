import { tagOf } from "./ErrorDocument.ts"
import { isKeyError } from "./KeyError.ts"

/** Of what a human has to see to first. (`UnknownOutput` isn't among them, which the connector's code also meets.) */
const tags: ReadonlySet<unknown> = new Set([
  "DatasetShared",
  "InvalidConfig",
  "InvalidField",
  "InvalidPath",
  "InvalidSchedule",
  "LoadError",
  "MissingSecrets",
  "NotASource",
  "NotConnected",
  "SourceShared",
  "TwoDatabases",
  "UnknownDataset",
])

/** Of an error or its document: the run failed before anything was asked of the provider. */
export const neverBegan = (error: unknown): boolean => isKeyError(error) || tags.has(tagOf(error))

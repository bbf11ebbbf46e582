import { randomBytes } from "node:crypto"
import { isName } from "../../services/domain/Name.ts"

/**
 * `20261123T165759123-whoop-1f0c9a3e`: sorts by time, is safe as a file name on every system, and says by itself in
 * which file its record is.
 */
const pattern = /^\d{8}T\d{9}-(?<connector>.+)-[0-9a-f]{8}$/

export const makeRunId = (now: number, connector: string): string => {
  const time = new Date(now).toISOString().replace(/[-:.Z]/g, "")
  return `${time}-${isName(connector) ? connector : "unnamed"}-${randomBytes(4).toString("hex")}`
}

/** Null for what is no run id, so that nothing else ever becomes a part of a path. */
export const connectorOf = (runId: string): string | null => {
  const connector = pattern.exec(runId)?.groups?.["connector"]
  return connector !== undefined && isName(connector) ? connector : null
}

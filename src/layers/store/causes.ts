import type { Cause } from "../../services/domain/Checkpoint.ts"

/** Of a change of column types. No action of a manifest can have this name. */
export const settling: Cause = { type: "action", connector: null, runId: null, action: "contract --settle" }

import type { Effect } from "effect"
import type { Tool } from "./tool.ts"
import { listActions, runActions } from "./tools/actions.ts"
import { listConnectors, validate } from "./tools/connectors.ts"
import { getDataSchema, listDatasets, query } from "./tools/data.ts"
import { listCheckpoints, rollback } from "./tools/history.ts"
import { previewSync } from "./tools/preview.ts"
import { cancelRun, getRun, listRuns, runSync } from "./tools/runs.ts"

const all = [
  listConnectors,
  validate,
  previewSync,
  runSync,
  listRuns,
  getRun,
  cancelRun,
  listCheckpoints,
  rollback,
  listDatasets,
  getDataSchema,
  listActions,
  runActions,
  query,
] as const

export type ToolServices = Effect.Services<ReturnType<(typeof all)[number]["call"]>>

/** Everything that an agent can do: nothing of it signs in, shows a secret or writes outside a checkpoint. */
export const tools: ReadonlyArray<Tool<ToolServices>> = all

import { Effect, Schedule } from "effect"
import { existsSync, promises as fs, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import type { Layout } from "../../services/Project.ts"
import { connectorOf } from "./runId.ts"

/** The word that whoever wants a run's end leaves for the process that runs it. */
const cancelFile = (layout: Layout, runId: string): string => path.join(layout.runs, `${runId}.cancel`)

const looking = Schedule.spaced("150 millis")

/** Ends once the word is there. It is taken away: it is for this run only. */
export const cancelAsked = (layout: Layout, runId: string): Effect.Effect<void> =>
  Effect.sync(() => {
    const file = cancelFile(layout, runId)
    if (!existsSync(file)) return false
    withdrawCancel(layout, runId)
    return true
  }).pipe(Effect.repeat({ schedule: looking, until: (asked) => asked }), Effect.asVoid)

export const askCancel = (layout: Layout, runId: string): void =>
  writeFileSync(cancelFile(layout, runId), "", { mode: 0o600 })

export const withdrawCancel = (layout: Layout, runId: string): void => {
  try {
    rmSync(cancelFile(layout, runId), { force: true })
  } catch {
    // A later run of the connector takes it away.
  }
}

/** Words for runs of the connector that are over, or died before they could hear of them. */
export const forgetOtherCancels = async (layout: Layout, runId: string): Promise<void> => {
  const connector = connectorOf(runId)
  const names = (await fs.readdir(layout.runs)).filter((name) => name.endsWith(".cancel"))
  for (const name of names) {
    const other = path.basename(name, ".cancel")
    if (other !== runId && connectorOf(other) === connector) withdrawCancel(layout, other)
  }
}

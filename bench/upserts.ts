import { rmSync } from "node:fs"
import * as path from "node:path"
import { upserted } from "./generated.ts"
import type { Choice } from "./growth.ts"
import { type Measured, peakOf } from "./measure.ts"
import { makeProject, rollback, sync } from "./project.ts"
import { scratch } from "./scratch.ts"
import { count, median, table } from "./table.ts"

const largest = 1_000_000
const rounds = 3
/** A dataset, its new file, and the old one that is kept, with its staged rows. */
const bytesOfRow = 800

export const upsertsBytes = (choice: Choice): number => Math.min(choice.largest, largest) * bytesOfRow

const time = (all: ReadonlyArray<Measured>) => `${count(median(all.map((one) => one.time)))} ms`

/** A thousand rows upserted by their key, nine of ten into rows that are there, and their undo: whole processes. */
export const upserts = async (choice: Choice, tell: (line: string) => void): Promise<string> => {
  const home = scratch(upsertsBytes(choice))
  const size = Math.min(choice.largest, largest)
  const lines: Array<ReadonlyArray<string>> = []
  for (const format of choice.formats) {
    tell(`${format}: ${count(upserted)} rows into ${count(size)}`)
    const root = makeProject(path.join(home, format), format, size, "upsert")
    const first = await sync(root, size)
    const [merged, undone]: [Array<Measured>, Array<Measured>] = [[], []]
    for (let round = 0; round < rounds; round++) {
      const { run, ...measured } = await sync(root, upserted)
      merged.push(measured)
      undone.push(await rollback(root, run.checkpoint_id))
    }
    const { own, guest } = peakOf(merged)
    lines.push([format, time([first]), time(merged), time(undone), `${own.toFixed(0)}, ${guest.toFixed(0)}`])
    rmSync(root, { recursive: true, force: true })
  }
  const titles = [`${count(upserted)} rows into ${count(size)}`, "first sync", "upsert", "undo", "MiB: program, guest"]
  return table([titles, ...lines])
}

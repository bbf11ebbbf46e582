import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { makeProject, sync } from "../../bench/project.ts"

/** MiB that the program and its guest may hold, however many rows there are. */
const most = 256

/** Ten million rows in one sync; takes 2 GB of disk. Answers what it took of memory. */
export const volume = async (rows = 10_000_000): Promise<string> => {
  const home = realpathSync(mkdtempSync(path.join(tmpdir(), "openislands-volume-")))
  try {
    const { peak } = await sync(makeProject(home, "csv", rows, "hundred"), rows)
    const taken = `${rows} rows: ${peak.own.toFixed(0)} MiB, and ${peak.guest.toFixed(0)} MiB of the guest`
    if (Math.max(peak.own, peak.guest) > most) throw new Error(`${taken}, more than ${most}`)
    return taken
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

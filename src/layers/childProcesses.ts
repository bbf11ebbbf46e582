import type { ChildProcess } from "node:child_process"
import { readFileSync } from "node:fs"

/** Throws where Node gives what is no whole process: without descriptors it leaves out all that it would need them for. */
export const wholly = <Child extends ChildProcess>(child: Child): Child => {
  // Whoever waits for it hears of its end; nobody listening would be the end of this process.
  child.on("error", () => {})
  if ((child.stdio as unknown) === undefined) throw new Error("too many files are open")
  return child
}

/** What a process has in memory, in MiB; null where the system doesn't say, and for one that is gone. */
export const residentMiB = (pid: number | undefined): number | null => {
  if (process.platform !== "linux") return null
  try {
    // In kB; the pages that `statm` counts are larger on some machines.
    const [, kilobytes = "0"] = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1")) ?? []
    return Number(kilobytes) / 1024
  } catch {
    // It has just ended.
    return null
  }
}

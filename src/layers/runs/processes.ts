import { Effect, Schedule } from "effect"
import { readFileSync } from "node:fs"

/**
 * When a process started, in the kernel's own count: with it a pid names one process for good, however often the number
 * is given out again. Null for one that is gone (a zombie is), and where the system doesn't say.
 */
export const startOf = (pid: number): string | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    // The second field is the program's name in parentheses, and may hold anything. State is field 3, start field 22.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return fields[0] === "Z" || fields[0] === "X" ? null : (fields[19] ?? null)
  } catch {
    return null
  }
}

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM"
  }
}

/** Ends that very process and waits until it is gone; false when it still isn't after five seconds. */
export const end = Effect.fnUntraced(function* (pid: number, started: string) {
  const gone = Effect.sync(() => {
    if (startOf(pid) !== started) return true
    try {
      process.kill(pid, "SIGKILL")
    } catch {
      // Gone in between, or somebody else's: the next look tells.
    }
    return false
  })
  return yield* gone.pipe(
    Effect.repeat({ schedule: Schedule.spaced("10 millis"), until: (isGone) => isGone, times: 500 }),
  )
})

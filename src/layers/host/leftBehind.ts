import { Effect } from "effect"
import { readdirSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { end, startOf } from "../runs/processes.ts"

/** What the file's name says: the host and its guest, each with when it started. */
const name = /^(\d+)-(\d+)-(\d+)-(\d+)$/

/**
 * A guest in an endless loop cannot notice that its host is gone. It is named by a file in this directory for as long
 * as the scope lasts, so that a later host can end it if this one is killed. Only where `startOf` tells processes apart.
 */
export const nameGuest = (directory: string, guest: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const [hostStart, guestStart] = [startOf(process.pid), startOf(guest)]
      if (hostStart === null || guestStart === null) return null
      const file = path.join(directory, `${process.pid}-${hostStart}-${guest}-${guestStart}`)
      return attempt(() => writeFileSync(file, "")) ? file : null
    }),
    (file) => Effect.sync(() => file !== null && attempt(() => rmSync(file, { force: true }))),
  )

/** Ends the guests whose hosts have died, as far as the directory can be read. */
export const endLeftBehind = Effect.fnUntraced(function* (directory: string) {
  let files: ReadonlyArray<string> = []
  attempt(() => (files = readdirSync(directory)))
  for (const file of files) {
    const [, host, hostStart, guest, guestStart] = name.exec(file) ?? []
    if (guestStart === undefined || startOf(Number(host)) === hostStart) continue
    if (yield* end(Number(guest), guestStart)) attempt(() => rmSync(path.join(directory, file), { force: true }))
  }
})

/** A disk that is full or read-only must not keep a connector from being described. */
const attempt = (action: () => void): boolean => {
  try {
    action()
    return true
  } catch {
    return false
  }
}

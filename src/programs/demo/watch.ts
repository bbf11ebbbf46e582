import { once } from "node:events"
import { readFileSync } from "node:fs"
import * as path from "node:path"
import { DemoError } from "./DemoError.ts"
import { named, type Stage } from "./stage.ts"

/** The demo for somebody with a browser, until they end it. */
export const watch = async (stage: Stage, tell: (line: string) => void, signal: AbortSignal): Promise<void> => {
  // Who asked while it was starting was heard, and is not told of again.
  signal.throwIfAborted()
  tell(words(stage))
  await Promise.race([stage.server.ended, once(signal, "abort")])
  signal.throwIfAborted()
  const log = readFileSync(path.join(stage.directory, "serve.log"), "utf8").split("\n").slice(-10).join("\n")
  throw new DemoError(`openislands serve has ended by itself:\n${log}`, "Start the demo anew.")
}

const words = ({ dashboard, provider, directory }: Stage): string => {
  const project = named(directory)
  return `
The demo runs: all of it on this machine, until you press Ctrl-C.

  open       ${dashboard}
  provider   ${provider.origin}   made-up tides, ferries, waves and walks
  project    ${project}   plain files: manifest.json, connectors, data

Try

  Connect    on the card "walks", then Allow. Its rows come by themselves.
  Watch      Every minute all of them sync. "waves" fails every third time, and says why; nothing is lost.
  Revise     a walk, or let an hour pass, at ${provider.origin}
  Sync now   on "ferries" after that, and read its log: the provider answers five requests a second.
  Undo       the newest sync, under History; and Redo it.
  Add        a swim: Datasets, swims, log_swim.
  Ask        npx openislands query --project ${project} "SELECT * FROM tide_hours"
  Agents     claude mcp add --transport http islands ${dashboard}/mcp
             then: "which ferries left at low water?"
`
}

import { hour } from "./provider/clock.ts"
import { DemoError } from "./DemoError.ts"
import { connect } from "./human.ts"
import { run } from "./programs.ts"
import type { Stage } from "./stage.ts"

/** All of the demo without a browser, told as it goes. */
export const once = async (
  { program, directory, dashboard, provider }: Stage,
  tell: Tell,
  signal: AbortSignal,
): Promise<void> => {
  const openislands = async (args: ReadonlyArray<string>, expected = 0): Promise<string> => {
    tell(`$ openislands ${args.map(quoted).join(" ")}`)
    const { code, text } = await run(program, directory, args, signal)
    tell(`${text.trimEnd()}\n`)
    if (code === expected) return text
    throw new DemoError(
      `that ended with ${code} instead of ${expected}`,
      "Run it again with --dir to look at the project.",
    )
  }
  const asked = async <A>(...args: ReadonlyArray<string>): Promise<A> =>
    JSON.parse((await run(program, directory, [...args, "--json"], signal)).text) as A
  const step = (title: string): void => tell(`--- ${title}`)

  step("A project with four connectors. One wants a human to sign in: no command and no agent can do that.")
  await openislands(["sync", "walks"], 1)

  step("So a human does, in the dashboard. Here a few lines of code play them, through the same pages:")
  await connect(dashboard, "walks", (line) => tell(`the human ${line}`))
  tell("")

  step("Sync all of them. The ferries' provider answers five requests a second, and says to wait after that.")
  await openislands(["sync"])
  await openislands(["logs", "ferries"])

  step("An hour passes at the provider. New rows arrive, old ones are revised, and the buoys send a word for a number.")
  provider.clock.advance(hour)
  await openislands(["sync"], 1)

  step("What failed wrote nothing. The buoys are well again at the next asking.")
  await openislands(["sync", "waves"])

  step("The datasets are plain files; SQL reads across them. low_water joins the ferries with the tides.")
  await openislands(["query", "SELECT * FROM low_water ORDER BY level_cm LIMIT 5"])

  step("A row by hand: an action, checked like any other.")
  await openislands(["action", "log_swim", "--row", '{"day":"2026-06-21","spot":"North Pier","minutes":12}'])

  step("Undo the swim, then the last sync of the tides, its cursor with it; and redo that.")
  await openislands(["rollback"])
  const count = ["query", "SELECT count(*) AS rows, max(measured_at) AS newest FROM tides"]
  await openislands(count)
  const { checkpoints } = await asked<{ checkpoints: ReadonlyArray<Checkpoint> }>("history")
  const tides = checkpoints.find(({ cause }) => cause.connector === "tides")
  const undone = await openislands(["rollback", tides?.checkpoint_id ?? ""])
  await openislands(count)
  await openislands(["rollback", /openislands rollback (\S+)/.exec(undone)?.[1] ?? ""])
  await openislands(count)

  step("All that was written, newest first.")
  await openislands(["history"])
}

type Tell = (line: string) => void

interface Checkpoint {
  readonly checkpoint_id: string
  readonly cause: { readonly connector: string | null }
}

const quoted = (argument: string): string => (/^[\w.-]+$/.test(argument) ? argument : `'${argument}'`)

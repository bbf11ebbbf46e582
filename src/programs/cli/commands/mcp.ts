import { Effect } from "effect"
import { Command } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import { isDetached, serveDetached } from "../../mcp/launch.ts"
import { Finished } from "../failure.ts"
import { projectFlag, resolveTarget, targets } from "../target.ts"

export const mcp = Command.make(
  "mcp",
  { targets: targets("directory"), project: projectFlag },
  Effect.fn("cli.mcp")(function* ({ targets, project }) {
    const { directory } = yield* resolveTarget(targets, project, 0)
    // Only of a command line that begins otherwise than with "mcp"; else that was done before anything was loaded.
    if (!isDetached()) return yield* new Finished({ code: yield* Effect.promise(serveDetached) })
    const { serveStdio } = yield* Effect.promise(() => import("../../mcp/stdio.ts"))
    yield* serveStdio.pipe(Effect.provide(coreAt(directory)))
  }),
).pipe(
  Command.withDescription("Serve the project to an AI agent over MCP, on stdin and stdout"),
  Command.withExamples([
    { command: "openislands mcp", description: "Serve the current directory's project; clients start it themselves" },
    { command: "openislands mcp -p my-data", description: "Serve another project" },
  ]),
)

import * as NodeStdio from "@effect/platform-node/NodeStdio"
import { Effect, FileSystem, Layer, Path, Terminal } from "effect"
import type { Command } from "effect/cli"
import { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"

/**
 * What effect/cli asks for. A terminal, files and processes are for its prompts (`--wizard`) only; loading them would
 * cost every other command more than it takes to read the manifest.
 */
export const platform: Layer.Layer<Command.Environment> = Layer.suspend(() =>
  process.argv.includes("--wizard")
    ? Layer.unwrap(
        Effect.promise(() => import("@effect/platform-node/NodeServices")).pipe(Effect.map(({ layer }) => layer)),
      )
    : Layer.mergeAll(
        NodeStdio.layer,
        Path.layer,
        FileSystem.layerNoop({}),
        Layer.mock(Terminal.Terminal)({ "~effect/Terminal": "~effect/Terminal" }),
        Layer.mock(ChildProcessSpawner)({}),
      ),
)

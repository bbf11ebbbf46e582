import { Effect, Layer, Option } from "effect"
import { Flag, GlobalFlag } from "effect/cli"
import { KeySource } from "../../layers/tokens/keys.ts"

/** On each command: whatever reads a connector's tokens needs the key that they are encrypted with. */
export const keyFile = GlobalFlag.Setting("key-file")({
  flag: Flag.String("key-file").pipe(
    Flag.withMetavar("file"),
    Flag.withDescription(
      "A file with the key that tokens are encrypted with (default: OPENISLANDS_KEY, the file that OPENISLANDS_KEY_FILE names, or what the command in OPENISLANDS_KEY_COMMAND prints)",
    ),
    Flag.filter(
      (text) => text !== "",
      () => "a file",
    ),
    Flag.optional,
  ),
})

export const keySource = Layer.effect(
  KeySource,
  Effect.map(keyFile, (file) => ({ file: Option.getOrNull(file), environment: process.env })),
)

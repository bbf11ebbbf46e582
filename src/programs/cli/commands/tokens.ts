import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import type { ErrorDocument } from "../../../services/domain/ErrorDocument.ts"
import { KeyUnusable } from "../../../services/domain/KeyError.ts"
import type { KeptTokens } from "../../../services/domain/KeptTokens.ts"
import { type KeptWith, TokenService } from "../../../services/TokenService.ts"
import { Finished, UsageError } from "../failure.ts"
import { answer } from "../output.ts"
import { demandProject, projectFlag, resolveTarget, targets } from "../target.ts"

const encrypt = Flag.Boolean("encrypt").pipe(
  Flag.withDescription(
    "Encrypt all of them now, not only when they are next used, with the key (--key-file, OPENISLANDS_KEY, OPENISLANDS_KEY_FILE or OPENISLANDS_KEY_COMMAND)",
  ),
  Flag.withDefault(false),
)

const decrypt = Flag.Boolean("decrypt").pipe(
  Flag.withDescription("Keep all of them as plain text again; then start without a key"),
  Flag.withDefault(false),
)

export const tokens = Command.make(
  "tokens",
  { targets: targets("directory"), project: projectFlag, encrypt, decrypt },
  Effect.fn("cli.tokens")(function* ({ targets, project, encrypt, decrypt }) {
    const { directory } = yield* resolveTarget(targets, project, 0)
    yield* demandProject(directory)
    if (encrypt && decrypt) return yield* new UsageError("--encrypt and --decrypt exclude each other")
    const kept = yield* TokenService.use((tokens) =>
      encrypt || decrypt ? tokens.keepAll(encrypt ? "encrypted" : "plain").pipe(Effect.flatMap(demanded)) : tokens.kept,
    ).pipe(Effect.provide(coreAt(directory)))
    yield* answer(kept, (kept) => forPeople(kept, decrypt))
    if (kept.tokens.some(({ error }) => error !== null)) return yield* new Finished({ code: 1 })
  }),
).pipe(
  Command.withDescription("Show how the tokens of each connector are kept: as plain text, or encrypted"),
  Command.withExamples([
    { command: "openislands tokens", description: "Show which tokens there are, and which are encrypted" },
    {
      command: "openislands tokens --encrypt --key-file /etc/openislands/key",
      description: "Encrypt all that are plain, with the key in a file outside of the project",
    },
  ]),
)

const demanded = (kept: KeptWith | null) =>
  kept === null
    ? Effect.fail(new KeyUnusable({ from: "OPENISLANDS_KEY", why: "unset", code: null }))
    : Effect.succeed(kept)

const forPeople = ({ keyId, tokens }: KeptWith, isDecrypted: boolean): string => {
  if (tokens.length === 0) return "no tokens: nobody is signed in"
  const isLeft = keyId !== null && tokens.some(({ kept }) => kept === "plain" || kept === "previous")
  const hint = isDecrypted
    ? ["Start without a key from now on: with one, they are encrypted again when they are used."]
    : isLeft
      ? [`To encrypt all of them with key ${keyId} now: openislands tokens --encrypt`]
      : []
  return [...tokens.map(shown), ...hint].join("\n")
}

const shown = ({ connector, file, kept, keyId, error }: KeptTokens): string => {
  const how = kept === null ? "" : `  ${words[kept]}${keyId === null ? "" : ` ${keyId}`}`
  const { message, suggestion } = (error ?? {}) as Partial<ErrorDocument>
  const problem = message === undefined ? "" : `\n  error: ${message}\n    ${suggestion}`
  return `${connector}${how}  ${file}${problem}`
}

const words = {
  plain: "plain text",
  encrypted: "encrypted with key",
  previous: "encrypted with the previous key",
} as const

import { Effect, Layer, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { coreAt } from "../../../layers/Core.ts"
import * as JsoncManifest from "../../../layers/JsoncManifest.ts"
import { keepEditorFiles } from "../editorFiles.ts"
import { printError, printJson, wantsJson } from "../output.ts"
import { serveLogger } from "../serveLogger.ts"
import { projectFlag, resolveTarget, targets } from "../target.ts"

const port = Flag.Int("port").pipe(
  Flag.withDescription("Where to listen (default: 4321); 0 is whichever port is free"),
  Flag.filter(
    (number) => number >= 0 && number <= 65_535,
    () => "a port: 0 to 65535",
  ),
  Flag.withDefault(4321),
)

const host = Flag.String("host").pipe(
  Flag.withDescription("The address to listen at (default: 127.0.0.1); any that other machines reach takes a token"),
  Flag.filter(
    (text) => /^[\w.:-]+$/.test(text),
    () => "an address of this machine, such as 0.0.0.0",
  ),
  Flag.withDefault("127.0.0.1"),
)

const origin = Flag.String("origin").pipe(
  Flag.withMetavar("url"),
  Flag.withDescription("Under which people and providers reach it, for example https://islands.example.com"),
  Flag.filterMap(originIn, () => "an origin such as https://islands.example.com"),
  Flag.optional,
)

const tokenFile = Flag.String("token-file").pipe(
  Flag.withMetavar("file"),
  Flag.withDescription("A file with the token that clients have to know (default: what OPENISLANDS_TOKEN says)"),
  Flag.filter(
    (text) => text !== "",
    () => "a file",
  ),
  Flag.optional,
)

const schedule = Flag.Boolean("schedule").pipe(
  Flag.withDescription("Run connectors when they are due; --no-schedule leaves that to others"),
  Flag.withDefault(true),
)

const log = Flag.Literals("log", ["human", "json"]).pipe(
  Flag.withDescription(
    "How it logs on stderr: for people, or a JSON document a line; --log-level debug shows requests",
  ),
  Flag.withDefault("human" as const),
)

export const serve = Command.make(
  "serve",
  { targets: targets("directory"), project: projectFlag, port, host, origin, tokenFile, schedule, log },
  Effect.fnUntraced(function* ({ targets, project, port, host, origin, tokenFile, schedule, log }) {
    const { directory } = yield* resolveTarget(targets, project, 0)
    // Its HTTP server would cost every other command more than it takes to start.
    const dashboard = yield* Effect.promise(() => import("../../dashboard.ts"))
    const options = {
      host,
      port,
      origin: Option.getOrNull(origin),
      tokenFile: Option.getOrNull(tokenFile),
      token: process.env["OPENISLANDS_TOKEN"],
      schedule,
    }
    const tell = (event: string, text: string, hint: string, facts: object = {}) =>
      log === "json"
        ? Effect.logInfo(text).pipe(Effect.annotateLogs({ event, directory, ...facts }))
        : printError(`${text}${hint}`)
    let isReady = false
    const onReady = (origin: string) => {
      isReady = true
      const told = tell("serving", `${origin} serves ${directory}`, " (Ctrl-C stops it)", { origin })
      return told.pipe(Effect.andThen(wantsJson() ? printJson({ origin, pid: process.pid }) : Effect.void))
    }
    const telemetry =
      (process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? "") === ""
        ? Layer.empty
        : (yield* Effect.promise(() => import("../../dashboard/telemetry.ts"))).telemetry(process.env)
    yield* keepEditorFiles.pipe(
      Effect.andThen(dashboard.serve(options, onReady)),
      Effect.onInterrupt(() => (isReady ? tell("stopped", "Stopped", ".") : Effect.void)),
      Effect.provide(coreAt(directory, JsoncManifest.lastGoodLayer)),
      Effect.provide(Layer.provideMerge(telemetry, serveLogger(log))),
    )
  }),
).pipe(
  Command.withDescription("Serve the dashboard and the HTTP API until it is stopped"),
  Command.withExamples([
    {
      command: "openislands serve",
      description: "Open the dashboard at http://127.0.0.1:4321, and run connectors when they are due",
    },
    {
      command: "openislands serve --host 0.0.0.0 --token-file token --origin https://islands.example.com",
      description: "For other machines, behind a proxy that does TLS",
    },
  ]),
)

function originIn(text: string): Option.Option<string> {
  const url = URL.parse(text)
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`
  return isOrigin ? Option.some(url.origin) : Option.none()
}

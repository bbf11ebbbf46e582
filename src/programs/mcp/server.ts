import { Cause, Effect, Exit } from "effect"
import { Server } from "@modelcontextprotocol/sdk/server/index.js"
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js"
import {
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  type ServerNotification,
  type ServerRequest,
} from "@modelcontextprotocol/sdk/types.js"
import packageJson from "../../../package.json" with { type: "json" }
import { errorDocument, type TaggedFailure } from "../../services/domain/ErrorDocument.ts"
import type { TokenService } from "../../services/TokenService.ts"
import { inTools } from "./inTools.ts"
import { getPrompt, prompts } from "./prompts.ts"
import { listResources, readResource, resourceTemplates } from "./resources.ts"
import { type ToolServices, tools } from "./tools.ts"
import type { Answer, CallContext, JsonSchema } from "./tool.ts"
import { withoutSecrets } from "./withoutSecrets.ts"

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>

/** How to work with a project, told to every agent that connects. */
const instructions = `This server looks after one project: connectors pull a provider's data into datasets, which are plain files of the user's. Begin with list_connectors. Everything that writes is a checkpoint, and "rollback" undoes it. A call that fails has isError, and its text is {"error"}. A run or a preview that fails is an answer like any other: look at its "outcome" and its "error", whatever isError says. Every error has a "suggestion": follow it; where it names a command, the answer says which tool that is. You never sign in and never see a secret: where a human is needed, the answer has the words to say. To write or repair a connector, read the resource openislands://guide first.`

/** Of forms that a server may have its client fill in; ours has none, and the SDK's own takes a while to make. */
const jsonSchemaValidator = {
  getValidator: () => {
    throw new Error("no client is asked for anything")
  },
}

/** One session's server; the transport is whoever's calls it. Its handlers run on the services that it was made with. */
export const makeMcpServer = Effect.gen(function* () {
  const context = yield* Effect.context<McpServices>()
  const server = new Server(
    { name: "openislands", version: packageJson.version },
    { capabilities: { tools: {}, resources: {}, prompts: {} }, instructions, jsonSchemaValidator },
  )
  const run = <A, E>(effect: Effect.Effect<A, E, McpServices>, extra: Extra): Promise<A> =>
    Effect.runPromiseWith(context)(effect, { signal: extra.signal })

  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: tools.map(({ call: _call, ...facts }) => facts),
  }))
  server.setRequestHandler(CallToolRequestSchema, ({ params }, extra) => {
    const tool = tools.find(({ name }) => name === params.name)
    if (tool === undefined)
      return failed({
        _tag: "UnknownTool",
        message: `there is no tool "${params.name}"`,
        suggestion: "tools/list names those there are.",
      })
    return run(answered(tool.call(params.arguments, callContext(extra)), tool.outputSchema), extra)
  })
  server.setRequestHandler(ListResourcesRequestSchema, (_request, extra) => run(read(listResources), extra))
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: [...resourceTemplates] }))
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }, extra) => run(read(readResource(params.uri)), extra))
  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: prompts.map(({ text: _text, ...facts }) => facts),
  }))
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => getPrompt(params.name, params.arguments ?? {}))
  return server
})

/** What the tools and resources stand on. */
export type McpServices =
  ToolServices | TokenService | Effect.Services<typeof listResources> | Effect.Services<ReturnType<typeof readResource>>

const callContext = (extra: Extra): CallContext => {
  const progressToken = extra._meta?.progressToken
  return {
    progress: (progress, message) =>
      progressToken === undefined
        ? Effect.void
        : Effect.ignore(
            Effect.tryPromise(() =>
              extra.sendNotification({
                method: "notifications/progress",
                params: { progressToken, progress, message },
              }),
            ),
          ),
  }
}

/** A failure is an answer too, as its document; a bug of ours is told without its inside. */
const answered = Effect.fnUntraced(function* <R>(call: Effect.Effect<Answer, TaggedFailure, R>, schema: JsonSchema) {
  const exit = yield* Effect.exit(call)
  if (Exit.isSuccess(exit)) {
    const { value, say } = exit.value
    const told = say === undefined ? {} : { say: yield* withoutSecrets(say) }
    return succeeded({ value: yield* withoutSecrets(value, schema), ...told })
  }
  const error = Cause.findErrorOption(exit.cause)
  if (error._tag === "Some") return failed(yield* withoutSecrets(errorDocument(error.value)))
  if (Cause.hasInterruptsOnly(exit.cause)) return yield* Effect.interrupt
  yield* Effect.logError(Cause.pretty(exit.cause))
  return failed({ _tag: "InternalError", message: "internal error: this is a bug in openislands", suggestion: null })
})

/** What the protocol calls a resource that there is none of. */
const notFound = -32002

/** Resources have no other way to fail than an error of the protocol; its data is the document. */
const read = <A, R>(resource: Effect.Effect<A, TaggedFailure, R>) =>
  resource.pipe(
    Effect.flatMap(withoutSecrets),
    Effect.catch((error) => Effect.flatMap(withoutSecrets(errorDocument(error)), (document) => Effect.fail(document))),
    Effect.catchDefect((defect) =>
      Effect.logError(Cause.pretty(Cause.die(defect))).pipe(
        Effect.andThen(Effect.fail({ _tag: "InternalError", message: "internal error: this is a bug in openislands" })),
      ),
    ),
    Effect.mapError((document) => {
      const isUnknown = unknown.has(document._tag)
      const { message, suggestion = null } = document as {
        readonly message: string
        readonly suggestion?: string | null
      }
      // Some clients show no more of it than the message.
      const told = [`${message.replace(/\.$/, "")}.`, suggestion, inTools(document)].filter((part) => part !== null)
      return new McpError(isUnknown ? notFound : ErrorCode.InternalError, told.join(" "), { error: document })
    }),
  )

const unknown = new Set(["UnknownResource", "UnknownConnector", "DatasetNotFound"])

const succeeded = ({ value, say }: Answer): CallToolResult => ({
  structuredContent: value as Record<string, unknown>,
  content: [
    { type: "text", text: JSON.stringify(value) },
    ...(say === undefined ? [] : [{ type: "text" as const, text: say }]),
  ],
})

/** Without structured content: some clients hold that to the output schema of the tool, which an error doesn't fit. */
const failed = (error: object): CallToolResult => {
  const say = inTools(error)
  return {
    isError: true,
    content: [
      { type: "text", text: JSON.stringify({ error }) },
      ...(say === null ? [] : [{ type: "text" as const, text: say }]),
    ],
  }
}

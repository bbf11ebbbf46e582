import * as OpenApi from "effect/http-api/OpenApi"
import { Api } from "../../src/programs/dashboard/api.ts"
import { code, fence, paragraphs, table } from "./markdown.ts"
import { type JsonSchema, type Names, shapeOf } from "./shape.ts"

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>>
}

interface Operation {
  readonly summary?: string
  readonly description?: string
  readonly parameters: ReadonlyArray<{ readonly name: string; readonly in: string }>
  readonly requestBody?: Content
  readonly responses: Readonly<Record<string, Content>>
}

type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>

const schemaOf = (content: Content | undefined): JsonSchema | undefined =>
  content?.content?.["application/json"]?.schema

/** Shapes that stand in several answers, by where they stand in one. */
const named: ReadonlyArray<
  readonly [name: string, path: string, find: (answer: JsonSchema) => JsonSchema | undefined]
> = [
  ["ConnectorStatus", "/api/connectors", (answer) => answer.properties?.["connectors"]?.items],
  ["ErrorDocument", "/api/connectors", (answer) => answer.properties?.["error"]],
  ["Run", "/api/runs/{runId}", (answer) => (answer.anyOf ?? answer.oneOf)?.[0]],
  ["ListedRun", "/api/runs", (answer) => answer.properties?.["runs"]?.items],
  ["Checkpoint", "/api/checkpoints", (answer) => answer.properties?.["checkpoints"]?.items],
  ["ActionInfo", "/api/actions", (answer) => answer.properties?.["actions"]?.items],
]

/** An answer that has all of a named shape and something more. */
const answerShape = (schema: JsonSchema, names: Names): string => {
  const own = schema.properties ?? {}
  for (const [text, name] of names) {
    const { properties = {} } = JSON.parse(text) as JsonSchema
    const shared = Object.entries(properties)
    const isMore = shared.length < Object.keys(own).length
    if (isMore && shared.every(([key, value]) => JSON.stringify(own[key]) === JSON.stringify(value))) {
      const rest = Object.fromEntries(Object.entries(own).filter(([key]) => !(key in properties)))
      return `${name} & ${shapeOf({ ...schema, properties: rest }, names)}`
    }
  }
  return shapeOf(schema, names)
}

const typeText = (name: string, shape: string): string => `type ${name} = ${shape}`

const chapter = (method: string, path: string, operation: Operation, names: Names): string => {
  const failures = Object.keys(operation.responses).filter((status) => Number(status) >= 400)
  const [status, answer] = Object.entries(operation.responses).find(([one]) => Number(one) < 400) ?? ["", undefined]
  const query = operation.parameters.filter((one) => one.in === "query").map(({ name }) => code(name))
  const body = schemaOf(operation.requestBody)
  const schema = schemaOf(answer)
  return paragraphs(
    `### ${method.toUpperCase()} ${path}`,
    `${operation.summary}.`,
    query.length === 0 ? "" : `Query: ${query.join(", ")}, each may be left out.`,
    body === undefined ? "" : fence("ts", typeText("Body", shapeOf(body, names))),
    schema === undefined
      ? `Answers ${status} with ${Object.keys(answer?.content ?? {}).join(", ")}.`
      : paragraphs(`Answers ${status}:`, fence("ts", typeText("Answer", answerShape(schema, names)))),
    failures.length === 0 ? "" : `Failures: ${failures.join(", ")}.`,
    operation.description ?? "",
  )
}

const preface = `# The HTTP API

This page is generated from the definition of the API by \`npm run docs\`; a test holds it current. A running
\`openislands serve\` has the same for programs at \`/api/openapi.json\`. [The server](serve.md) says how it is started, who
may ask, and what its events are.

- Bodies are what the commands print with \`--json\`. Keys are camelCase but for \`checkpoint_id\`, times are ISO 8601 in
  UTC, and what is absent is \`null\`.
- Bodies of requests are JSON, with \`content-type: application/json\`; a key that isn't known is an error, and so is a
  parameter. Where \`Body\` may be \`null\` the body may be left out.
- Lists take \`limit\` (1 to 1,000) and \`cursor\`, and answer \`nextCursor\`, null on the last page.
- Each failure is an \`ErrorDocument\` in \`{"error": ...}\`. [Errors](errors.md) has every tag with its status.
- Where the server has a token, send \`authorization: Bearer <token>\`.`

const statuses = table(
  ["status", "means"],
  [
    ["400", "the request makes no sense"],
    ["401", "the token is missing or wrong"],
    ["403", "a page of another site asked"],
    ["404", "there is no such connector, run, dataset, checkpoint, action or path"],
    ["409", "what is there is in the way: a run under way, a changed file, a missing secret"],
    ["413", "the body is too large"],
    ["415", "the body is not declared as JSON"],
    ["421", "the server doesn't go by that host name"],
    ["422", "the manifest, a connector, a query or rows have to be corrected"],
    ["500", "something on this machine has to be put right first"],
    ["502", "a provider answered, and the answer is no"],
    ["503", "too many clients, or the server is about to stop"],
    ["504", "a provider didn't answer"],
  ],
)

const others = table(
  ["path", "", "token"],
  [
    ["`GET /healthz`", "whether the server is there: 200", "never"],
    ["`GET /metrics`", "for Prometheus", "as the rest"],
    ["`GET /api/openapi.json`", "this API, for programs", "as the rest"],
    ["`/mcp`", "[MCP](mcp.md) over Streamable HTTP", "as the rest"],
    ["`GET /login`, `POST /login`", "where browsers sign in with the token", "never"],
  ],
)

/** docs/http.md. */
export const httpPage = (): string => {
  const paths = OpenApi.fromApi(Api).paths as unknown as Paths
  const answerOf = (path: string): JsonSchema => schemaOf(paths[path]?.["get"]?.responses["200"]) ?? {}
  const shapes = named.map(([name, path, find]) => {
    const schema = find(answerOf(path))
    if (schema === undefined) throw new Error(`no ${name} stands in the answer of ${path} any more`)
    return { name, schema }
  })
  const names: Names = new Map(shapes.map(({ name, schema }) => [JSON.stringify(schema), name]))
  const types = shapes.map(({ name, schema }) => {
    const others = new Map([...names].filter(([, other]) => other !== name))
    return paragraphs(`### ${name}`, fence("ts", typeText(name, shapeOf(schema, others))))
  })
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => chapter(method, path, operation, names)),
  )
  return paragraphs(
    preface,
    "## Paths",
    ...operations,
    "## Other paths",
    others,
    "## Statuses",
    statuses,
    "## Types",
    ...types,
  )
}

import { ErrorCode, type GetPromptResult, McpError } from "@modelcontextprotocol/sdk/types.js"

interface Prompt {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly arguments: Array<{ name: string; description: string; required: boolean }>
  readonly text: (given: Readonly<Record<string, string>>) => string
}

/** Tasks that a user may hand to an agent by name. */
export const prompts: ReadonlyArray<Prompt> = [
  {
    name: "add_connector",
    title: "Add a connector",
    description: "Write, declare and try a connector for a provider",
    arguments: [
      { name: "provider", description: "Whose data, and which of it", required: true },
      { name: "documentation", description: "The address of its API's documentation", required: false },
    ],
    text: ({ provider = "", documentation }) =>
      `Add a connector for ${provider} to this project.${documentation ? ` Its API is documented at ${documentation}.` : ""} Read openislands://guide and openislands://manifest first. Choose for each kind of record whether it is inserted by cursor, upserted by key or replaced. Write connectors/<name>/index.ts and its entries in manifest.json, call validate until it is ok, tell me which keys to add to .env and whether I have to sign in, then preview_sync, show me sample rows, and after I agree run_sync.`,
  },
  {
    name: "repair_connector",
    title: "Repair a failing connector",
    description: "Find out why a connector fails, and mend it",
    arguments: [{ name: "connector", description: "As list_connectors names it", required: true }],
    text: ({ connector = "" }) =>
      `The connector "${connector}" fails. Read openislands://guide, then list_connectors and list_runs for it and the log of its newest failing run with get_run. Say in one sentence what is wrong and since when. If its code is to blame, mend the file that the error names, validate, preview_sync, and after I agree run_sync. If I have to do something (a key in .env, signing in, a decision about changed columns), tell me exactly what.`,
  },
]

export const getPrompt = (name: string, given: Readonly<Record<string, string>>): GetPromptResult => {
  const prompt = prompts.find((one) => one.name === name)
  if (prompt === undefined) throw new McpError(ErrorCode.InvalidParams, `there is no prompt "${name}"`)
  const missing = prompt.arguments.find((one) => one.required && (given[one.name] ?? "") === "")
  if (missing !== undefined) throw new McpError(ErrorCode.InvalidParams, `prompt "${name}" needs "${missing.name}"`)
  return {
    description: prompt.description,
    messages: [{ role: "user", content: { type: "text", text: prompt.text(given) } }],
  }
}

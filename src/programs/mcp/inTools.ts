/** Errors are the same everywhere, and name commands; an agent has tools. */
const toolOf: ReadonlyMap<string, string> = new Map([
  ["status", "list_connectors"],
  ["validate", "validate"],
  ["preview", "preview_sync"],
  ["sync", "run_sync"],
  ["runs", "list_runs"],
  ["logs", "get_run"],
  ["cancel", "cancel_run"],
  ["history", "list_checkpoints"],
  ["rollback", "rollback"],
  ["datasets", "list_datasets"],
  ["contract", "get_data_schema"],
  ["query", "query"],
  ["actions", "list_actions"],
  ["action", "run_actions"],
])

/** What no tool does: it changes how all that is in a dataset is read. */
const forUsers = /--settle\b/

/** How to do with tools what an error says to do with commands; null when it names none. */
export const inTools = (error: object): string | null => {
  const { message, suggestion } = error as { readonly message?: unknown; readonly suggestion?: unknown }
  const told = [message, suggestion].filter((text) => typeof text === "string").join("\n")
  const sentences = [...told.matchAll(/(?:^|[":(] ?)openislands ([a-z]+)([^;")\n]*)/gm)].map(
    ([, command = "", rest]) => {
      const tool = forUsers.test(rest ?? "") ? undefined : toolOf.get(command)
      return tool === undefined
        ? `"openislands ${command}${(rest ?? "").trimEnd()}" is for the user to run.`
        : `Instead of "openislands ${command}" call the tool ${tool}.`
    },
  )
  return sentences.length === 0 ? null : [...new Set(sentences)].join(" ")
}

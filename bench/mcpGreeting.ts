import { spawn } from "node:child_process"
import { once } from "node:events"
import { cli } from "./project.ts"

const greeting = `${JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "bench", version: "0" } },
})}\n`

/** What an agent waits for before it can ask anything: from the start of the server to its greeting. Its end isn't timed. */
export const mcpGreeting = (project: string) => async (): Promise<() => Promise<void>> => {
  const child = spawn(process.execPath, [cli, "mcp"], { cwd: project, stdio: ["pipe", "pipe", "inherit"] })
  child.stdin.write(greeting)
  await once(child.stdout, "data")
  return async () => {
    child.stdin.end()
    await once(child, "close")
  }
}

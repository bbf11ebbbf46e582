import { spawn } from "node:child_process"

/** Tells the program that it is the one which serves. */
const mark = "OPENISLANDS_MCP_DETACHED"

export const isDetached = (): boolean => process.env[mark] !== undefined

/** How a server is asked to end its syncs and then itself, though its client's pipe is still open. */
export const drain = "SIGUSR2"

/**
 * Clients kill the process that they started soon after they are done with it, and a sync must not die of that: the
 * server is a process of its own, which has the client's pipes and outlives the one that the client knows. Answers with
 * the exit code. What the client knows stays for as long, so that nothing is loaded for it but this.
 */
export const serveDetached = (): Promise<number> =>
  new Promise((resolve) => {
    const server = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
      detached: true,
      stdio: "inherit",
      env: { ...process.env, [mark]: "1" },
    })
    const leave = () => {
      server.kill(drain)
      process.exit(0)
    }
    process.once("SIGTERM", leave).once("SIGINT", leave).once("SIGHUP", leave)
    server.once("error", ({ message }) => {
      process.stderr.write(`error: cannot start the server in a process of its own: ${message}\n`)
      resolve(1)
    })
    server.once("exit", (code) => resolve(code ?? 1))
  })

// What clients start. It is loaded with nothing else, so that the server begins to load at once.

/** Tells the program that it is the one which serves. */
const mark = "OPENISLANDS_MCP_DETACHED"

export const isDetached = (): boolean => process.env[mark] !== undefined

/** How a server is asked to end its syncs and then itself, though its client's pipe is still open. */
export const drain = "SIGUSR2"

/**
 * Clients kill the process that they started soon after they are done with it, and a sync must not die of that: the
 * server is a process of its own, which has the client's pipes and outlives the one that the client knows. Gives its exit
 * code.
 */
export const serveDetached = (): Promise<number> =>
  new Promise((resolve) => {
    const { spawn } = process.getBuiltinModule("node:child_process")
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
    server.once("error", (cause) => {
      process.stderr.write(`the server cannot be started: ${cause.message}\n`)
      resolve(1)
    })
    server.once("exit", (code) => resolve(code ?? 1))
  })

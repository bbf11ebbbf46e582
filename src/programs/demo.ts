import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { DemoError } from "./demo/DemoError.ts"
import { once } from "./demo/once.ts"
import { help, type Options, readOptions, WrongUsage } from "./demo/options.ts"
import { freePort } from "./demo/ports.ts"
import { setUp } from "./demo/stage.ts"
import { watch } from "./demo/watch.ts"

// Who stops reading (`openislands demo --once | head`) ends nothing: a stream that nobody listens to would.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {})

const tell = (line: string): void => void process.stdout.write(`${line}\n`)
const complain = (line: string): void => void process.stderr.write(`${line}\n`)

const usualPort = 4321

/** Providers know us by the port, so one that was asked for is never another. */
const portFor = async (wanted: number | undefined, isOnce: boolean): Promise<number> => {
  if (wanted !== undefined) {
    const port = await freePort(wanted)
    if (port === null) throw new DemoError(`port ${wanted} is not free`, "Leave --port out, or name another.")
    return port
  }
  if (isOnce) return (await freePort(0)) ?? 0
  for (let port = usualPort; port < usualPort + 10; port++) {
    if ((await freePort(port)) === null) continue
    if (port !== usualPort) tell(`Port ${usualPort}, the usual one, is in use: the dashboard is at ${port}.`)
    return port
  }
  throw new DemoError(`no port from ${usualPort} to ${usualPort + 9} is free`, "Name another with --port.")
}

/** Gives the exit code. */
const demo = async (): Promise<number> => {
  const options = readOptions(process.argv.slice(3))
  if (options === "help") {
    tell(help)
    return 0
  }
  const isScratch = options.isOnce && options.dir === undefined
  const directory = isScratch
    ? mkdtempSync(path.join(tmpdir(), "openislands-demo-"))
    : path.resolve(options.dir ?? ".demo")
  try {
    return await play(directory, options)
  } finally {
    if (isScratch) rmSync(directory, { recursive: true, maxRetries: 10 })
  }
}

const play = async (directory: string, { isOnce, keep, port: wanted }: Options) => {
  const stopping = new AbortController()
  void signalled(0).then(() => stopping.abort())
  const port = await portFor(wanted, isOnce)
  const stage = await setUp({ program: process.argv[1]!, directory, keep, port, schedule: !isOnce })
  try {
    await (isOnce ? once : watch)(stage, tell, stopping.signal)
  } catch (error) {
    if (!stopping.signal.aborted) throw error
  } finally {
    // Who asks twice doesn't want to wait for runs to end. npm passes on the Ctrl-C that we got from the terminal too.
    void signalled(Date.now() + 1_000).then(stage.server.kill)
    await stage.close()
  }
  const isWhole = isOnce && !stopping.signal.aborted
  tell(isWhole ? "Done, and nothing of it runs any more. With a browser: leave --once out" : "Stopped.")
  return isOnce && !isWhole ? 130 : 0
}

/** Until somebody asks to stop, at that time (epoch milliseconds) or later. */
const signalled = (from: number): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        if (Date.now() >= from) resolve()
      })
    }
  })

try {
  process.exit(await demo())
} catch (error) {
  if (error instanceof WrongUsage) {
    complain(`${error.message}\n\n${help}`)
    process.exit(2)
  }
  if (!(error instanceof DemoError)) throw error
  complain(`error: ${error.message}\n  ${error.suggestion}`)
  process.exit(1)
}

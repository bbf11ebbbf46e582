import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { openSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { DemoError } from "./DemoError.ts"

export interface Served {
  /** Fulfilled when it ends, asked to or not. */
  readonly ended: Promise<unknown>
  /** In order: runs end with their records. */
  readonly stop: () => Promise<void>
  readonly kill: () => void
}

/** The built program serving a project. It logs into `serve.log` there. */
export const serve = async (
  program: string,
  directory: string,
  port: number,
  ...more: ReadonlyArray<string>
): Promise<Served> => {
  const log = path.join(directory, "serve.log")
  const args = ["serve", "--json", "--port", String(port), ...more]
  const child = start(program, directory, args, openSync(log, "w"))
  const ended = once(child, "exit")
  if (!(await saysWhere(child))) {
    throw new DemoError(`openislands serve did not start:\n${readFileSync(log, "utf8")}`, "It says above what to do.")
  }
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM")
    await ended
  }
  return { ended, stop, kill: () => void child.kill("SIGKILL") }
}

const saysWhere = async (child: ChildProcess): Promise<boolean> => {
  let text = ""
  for await (const chunk of child.stdout!) {
    text += String(chunk)
    if (text.trimEnd().endsWith("}")) return true
  }
  return false
}

export interface Ended {
  readonly code: number
  /** What it wrote, on stdout and stderr. */
  readonly text: string
}

/** One command of the built program in a project, ended with the signal. */
export const run = async (
  program: string,
  directory: string,
  args: ReadonlyArray<string>,
  signal: AbortSignal,
): Promise<Ended> => {
  signal.throwIfAborted()
  const child = start(program, directory, args, "pipe")
  const end = (): void => void child.kill("SIGKILL")
  signal.addEventListener("abort", end)
  let text = ""
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => (text += chunk))
  }
  const [code] = (await once(child, "close")) as [number | null]
  signal.removeEventListener("abort", end)
  signal.throwIfAborted()
  return { code: code ?? 1, text }
}

/** However we end, it ends. */
const start = (program: string, cwd: string, args: ReadonlyArray<string>, stderr: "pipe" | number): ChildProcess => {
  // A server of the user's own may have a token there; the demo's has none.
  const { OPENISLANDS_TOKEN: _, ...env } = process.env
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    env,
    stdio: ["ignore", "pipe", stderr],
    // A group of its own: else a Ctrl-C reached it twice, from the terminal and from us, and the second means "at once".
    detached: true,
  })
  const end = (): void => void child.kill("SIGKILL")
  process.once("exit", end)
  child.once("exit", () => process.off("exit", end))
  return child
}

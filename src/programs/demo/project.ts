import { cpSync, existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { gitignoreOf } from "../cli/scaffold/gitignoreText.ts"
import { exampleAt, isMade } from "../examples.ts"
import { DemoError } from "./DemoError.ts"

const example = exampleAt("demo")
/** The provider's host as the example has it. A copy gets the one that it has this time. */
const exampleHost = "127.0.0.1:4320"
/** Says that a directory is a demo's, and where it stood. */
const marker = ".demo.json"

export interface Kept {
  /** The port of the provider that its files name. */
  readonly port: number
  /** Milliseconds that the provider's time was ahead. */
  readonly ahead: number
}

/**
 * Makes room for the copy, or with `keep` leaves what is there, which is then answered. Directories that are not a
 * demo's are left alone.
 */
export const clear = (directory: string, keep: boolean): Kept | null => {
  if (!existsSync(directory) || readdirSync(directory).length === 0) return null
  if (!existsSync(path.join(directory, marker))) {
    throw new DemoError(`${directory} holds something else`, "Name another directory with --dir.")
  }
  const running = runningIn(directory)
  if (running !== null) {
    throw new DemoError(`the demo is running already, at ${running}`, "Open it there, or end it with Ctrl-C first.")
  }
  if (keep) return keptIn(directory)
  rmSync(directory, { recursive: true })
  return null
}

/** The example's files with the provider's address, and what it gave the project. What is kept is only told these. */
export const settle = (
  directory: string,
  kept: Kept | null,
  origin: string,
  credentials: Readonly<Record<string, string>>,
): void => {
  const { host, port } = new URL(origin)
  if (kept === null) {
    mkdirSync(directory, { recursive: true })
    cpSync(example, directory, { recursive: true, filter: (file) => !isMade(path.relative(example, file)) })
    writeFileSync(path.join(directory, ".gitignore"), gitignoreOf())
  }
  const before = kept === null ? exampleHost : `127.0.0.1:${kept.port}`
  for (const name of globSync("{manifest.json,connectors/*/index.ts}", { cwd: directory })) {
    const file = path.join(directory, name)
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(before, host))
  }
  const env = path.join(directory, ".env")
  const old = existsSync(env) ? readFileSync(env, "utf8") : heading
  writeFileSync(env, withValues(old, credentials), { mode: 0o600 })
  note(directory, { port: Number(port), ahead: kept?.ahead ?? 0 })
}

const heading = "# What the provider gave this project.\n"

/** The provider's keys have new values, each in its place; all other lines are the user's. */
const withValues = (env: string, values: Readonly<Record<string, string>>): string => {
  const left = new Map(Object.entries(values))
  const take = (key: string): string => {
    const line = `${key}=${left.get(key)}`
    left.delete(key)
    return line
  }
  const lines = env.trimEnd().split("\n")
  const told = lines.map((line) => {
    const key = line.split("=", 1)[0]!.trim()
    return left.has(key) ? take(key) : line
  })
  return [...told, ...[...left.keys()].map(take), ""].join("\n")
}

const keptIn = (directory: string): Kept => {
  const file = path.join(directory, marker)
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Kept
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new DemoError(`${file} is damaged`, "Leave --keep out to make the project anew, or name another with --dir.")
  }
}

export const note = (directory: string, kept: Kept): void =>
  writeFileSync(path.join(directory, marker), `${JSON.stringify(kept)}\n`)

const runningIn = (directory: string): string | null => {
  const file = path.join(directory, ".openislands", "serve.json")
  if (!existsSync(file)) return null
  const { pid, origin } = JSON.parse(readFileSync(file, "utf8")) as { readonly pid: number; readonly origin: string }
  try {
    process.kill(pid, 0)
    return origin
  } catch {
    return null
  }
}

import { parseArgs } from "node:util"
import { description, flags } from "./flags.ts"

export interface Options {
  readonly isOnce: boolean
  readonly keep: boolean
  readonly dir: string | undefined
  /** 0: whichever is free. */
  readonly port: number | undefined
}

/** The command line makes no sense: its message is for a person. */
export class WrongUsage extends Error {}

export const help = [
  `openislands demo ${Object.entries(flags)
    .map(([name, { takes }]) => `[--${name}${takes === null ? "" : ` ${takes}`}]`)
    .join(" ")}`,
  "",
  `${description}. No network is needed.`,
  ...Object.entries(flags).map(([name, { says }]) => `  --${name.padEnd(8)} ${says}`),
].join("\n")

/** Throws `WrongUsage`. */
export const readOptions = (args: ReadonlyArray<string>): Options | "help" => {
  const { once: isOnce = false, keep = false, dir, port, help: asked = false } = valuesIn([...args])
  return asked ? "help" : { isOnce, keep, dir, port: port === undefined ? undefined : portIn(port) }
}

const valuesIn = (args: Array<string>) => {
  try {
    return parseArgs({ args, options: { ...flags, help: { type: "boolean", short: "h" } } }).values
  } catch (error) {
    throw new WrongUsage((error as Error).message)
  }
}

const portIn = (text: string): number => {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new WrongUsage(`--port "${text}": expected a port: 0 to 65535`)
}

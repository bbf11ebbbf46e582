import * as path from "node:path"

/** A command is a process, and has one project: where that is, as the commands that it prints have to name it. */
let place = ""

export const leadTo = (directory: string): void => {
  const from = here()
  const relative = from === null ? directory : path.relative(from, directory)
  place = relative === "" ? "" : ` ${word(isFree(relative) ? relative : `./${relative}`)}`
}

/** Null where the shell is still in a directory that was removed. */
export const here = (): string | null => {
  try {
    return process.cwd()
  } catch {
    return null
  }
}

/** Nobody could take it for a name instead of a directory. */
const isFree = (relative: string): boolean => /^\.\.(?:[\\/]|$)/.test(relative) || path.isAbsolute(relative)

/** As a shell takes it for one word; the backslashes of Windows' paths are nothing to be quoted there. */
export const word = (text: string): string =>
  /^[\w@%+=:,./-]+$|^(?:[A-Z]:|\.\.?)\\[\w@%+=:,.\\-]*$/i.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`

/** Not what is a part of a path: a directory may be called "openislands test". */
const commands =
  /(?<!npx (?:--no )?|[\\/])\bopenislands (?:--help|(demo|init|new|validate|test|preview|sync|status|runs|logs|cancel|history|rollback|datasets|contract|query|actions|action|schema|tokens|serve|mcp)(?![\w\\/-])( --help)?)/g

/** Who came by npx has no such program on the PATH; npm says so to what it runs. */
const launched = process.env["npm_command"] === "exec" ? "npx " : ""

/**
 * Errors and their next steps are the same everywhere, and know of no directory. Here whoever reads them types a command
 * where he typed the last one, and as he did.
 */
export const pasteable = (text: string, launcher = launched): string =>
  text.replace(commands, (command: string, name?: string, help?: string) => {
    const isOnProject = name !== undefined && name !== "demo" && help === undefined
    return `${launcher}${command}${isOnProject ? place : ""}`
  })

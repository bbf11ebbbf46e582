import type { CliError } from "effect/cli"

/** What tools of the kind call our commands: no typing mistake, so that what looks like it is something else. */
const otherNames: Readonly<Record<string, string>> = {
  undo: "rollback",
  revert: "rollback",
  redo: "rollback <the rollback's id>",
  pull: "sync",
  run: "sync",
  start: "serve",
  dashboard: "serve",
  list: "status",
  ls: "status",
  log: "logs",
  checkpoints: "history",
  add: "new",
  create: "new",
  check: "validate",
  login: "serve",
  connect: "serve",
}

/** What may have been meant by a name that is none of a command or a flag. */
export const meantBy = (error: CliError.NonShowHelpErrors): ReadonlyArray<string> => {
  if (!("suggestions" in error)) return []
  if (error._tag !== "UnknownSubcommand" || (error.parent?.length ?? 0) > 1) return error.suggestions
  const name = error.subcommand.toLowerCase()
  return Object.hasOwn(otherNames, name) ? [otherNames[name]!] : error.suggestions
}

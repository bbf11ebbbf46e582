import type { DatabaseSync } from "node:sqlite"
import { pathToFileURL } from "node:url"

/** Result codes of SQLite; the low byte of an extended one. */
const BUSY = 5
const LOCKED = 6
const CORRUPT = 11
const NOT_A_DATABASE = 26

/**
 * Opens a user's database. Without `create` a missing file is an error (SQLITE_CANTOPEN). What SQLite has to say about
 * the file, it says here: that it is no database, or that somebody writes to it. Throws SQLite's own errors.
 */
export function connect(file: string, { create }: { readonly create: boolean }): DatabaseSync {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite")
  const url = pathToFileURL(file)
  url.searchParams.set("mode", create ? "rwc" : "rw")
  const db = new DatabaseSync(url, {
    timeout: 0,
    // An undo takes out our rows and nothing else, so no cascades.
    enableForeignKeyConstraints: false,
    // Triggers that a user made with another tool may write text in double quotes.
    enableDoubleQuotedStringLiterals: true,
  })
  try {
    db.exec("PRAGMA synchronous=EXTRA")
    db.prepare("SELECT count(*) FROM sqlite_schema").get()
  } catch (error) {
    db.close()
    throw error
  }
  return db
}

/** SQLite's result code without its extension; null for what SQLite didn't throw. */
export function codeOf(error: unknown): number | null {
  const code: unknown = typeof error === "object" && error !== null ? (error as { errcode?: unknown }).errcode : null
  return typeof code === "number" ? code & 0xff : null
}

/** Somebody else is using the database. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error)
  return code === BUSY || code === LOCKED
}

/** The file is no database, or a damaged one. */
export function isNoDatabase(error: unknown): boolean {
  const code = codeOf(error)
  return code === NOT_A_DATABASE || code === CORRUPT
}

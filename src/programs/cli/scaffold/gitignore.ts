import { Effect, Schema } from "effect"
import { readFile } from "node:fs/promises"
import * as path from "node:path"

/** A .gitignore of the user's own that would let the secrets be committed. (`.openislands` brings its own.) */
export class EnvNotIgnored extends Schema.TaggedError<EnvNotIgnored>()("EnvNotIgnored", { file: Schema.String }) {
  override get message() {
    return `${this.file} does not name .env, which holds secrets`
  }
  get suggestion() {
    return "Add a line to it that says: .env"
  }
}

/** Null when git leaves `.env` alone. */
export const findEnvNotIgnored = (directory: string) =>
  Effect.map(isIgnored(directory, ".env"), (ignored) => (ignored ? null : new EnvNotIgnored({ file: ".gitignore" })))

/** Whether git leaves a file at the top of the project alone, as far as its own `.gitignore` tells. */
export const isIgnored = Effect.fnUntraced(function* (directory: string, name: string) {
  const text = yield* Effect.promise(() => readFile(path.join(directory, ".gitignore"), "utf8").catch(() => ""))
  // The last line that speaks of it decides, as git has it.
  const last = text.split(/\r?\n/).findLast((line) => speaksOf(name, line.trim().replace(/^!/, "")))
  return last !== undefined && !last.startsWith("!")
})

const speaksOf = (name: string, line: string): boolean => {
  const pattern = line.replace(/^(\*\*)?\//, "")
  if (pattern === "" || pattern.startsWith("#")) return false
  const escaped = pattern.replace(/[\\^$.|+()[\]{}]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replace(/\*+/g, ".*").replaceAll("?", ".")}$`).test(name)
}

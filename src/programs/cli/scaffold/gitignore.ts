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
export const findEnvNotIgnored = Effect.fnUntraced(function* (directory: string) {
  const text = yield* Effect.promise(() => readFile(path.join(directory, ".gitignore"), "utf8").catch(() => ""))
  // The last line that speaks of it decides, as git has it.
  const last = text.split(/\r?\n/).findLast((line) => speaksOfEnv(line.trim().replace(/^!/, "")))
  return last === undefined || last.startsWith("!") ? new EnvNotIgnored({ file: ".gitignore" }) : null
})

const speaksOfEnv = (pattern: string): boolean => {
  const name = pattern.replace(/^(\*\*)?\//, "")
  if (name === "" || name.startsWith("#")) return false
  const escaped = name.replace(/[\\^$.|+()[\]{}]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replace(/\*+/g, ".*").replaceAll("?", ".")}$`).test(".env")
}

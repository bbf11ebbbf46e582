import { Effect, Schema } from "effect"
import { type ParseError, parse } from "jsonc-parser"
import { readFile } from "node:fs/promises"
import * as path from "node:path"

/** A package.json of the user's own by which Node would read a connector's test as CommonJS; "npm init" writes it. */
export class CommonJsPackage extends Schema.TaggedError<CommonJsPackage>()("CommonJsPackage", { file: Schema.String }) {
  override get message() {
    return `${this.file} says "type": "commonjs", so "node --test" cannot read a connector's test`
  }
  get suggestion() {
    return 'Change it to "type": "module". Connectors themselves run either way.'
  }
}

/** Null when tests can be run, and when it is no package.json that can be read: then npm says so. */
export const findCommonJs = Effect.fnUntraced(function* (directory: string) {
  const text = yield* Effect.promise(() => readFile(path.join(directory, "package.json"), "utf8").catch(() => ""))
  const errors: Array<ParseError> = []
  const document: unknown = parse(text, errors)
  if (errors.length > 0 || typeof document !== "object" || document === null) return null
  return "type" in document && document.type === "commonjs" ? new CommonJsPackage({ file: "package.json" }) : null
})

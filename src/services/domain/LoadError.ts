import { Schema } from "effect"

/** The module failed to compile, or doesn't export a valid connector. `file` is relative to the project root. */
export class LoadError extends Schema.TaggedError<LoadError>()("LoadError", {
  module: Schema.String,
  reason: Schema.Literals([
    "missing-directory",
    "no-index",
    "syntax",
    "forbidden-import",
    "unreadable",
    "no-default-export",
    "not-a-connector",
    "invalid-definition",
    "config-threw",
    "threw",
    "crashed",
    "timeout",
  ]),
  detail: Schema.String,
  file: Schema.NullOr(Schema.String),
  line: Schema.NullOr(Schema.Int),
  column: Schema.NullOr(Schema.Int),
}) {
  override get message() {
    const place =
      this.file === null ? this.module : [this.file, this.line, this.column].filter((x) => x !== null).join(":")
    return `${place}: ${this.detail}`
  }
  get suggestion() {
    return nextStep[this.reason]
  }
}

const nextStep = {
  "missing-directory": 'Copy the connector\'s directory there, or correct "module" in manifest.json.',
  "no-index": "Add an index.ts that default-exports defineConnector({ ... }).",
  syntax: "Correct the source at this place.",
  "forbidden-import":
    'A connector can import zod, @openislands/connector-kit, its own files, and the builtins assert, buffer, crypto, events, path, stream, timers, url, util and zlib; and fs, once "permissions": { "read": [...] } of its entry in manifest.json names something.',
  unreadable: "Check the permissions of the connector's files.",
  "no-default-export": "Write: export default defineConnector({ ... }).",
  "not-a-connector": "Pass the definition through defineConnector from @openislands/connector-kit.",
  "invalid-definition": "Correct the definition that is given to defineConnector.",
  "config-threw":
    "A config schema must not throw: let it say what is wrong with a value, by .refine(...) or, in a transform, by ctx.issues.push({ code, message, input }).",
  threw: "Move work that can fail from the top level of the module into sync(ctx).",
  crashed: "Move work from the top level of the module into sync(ctx); a connector cannot end its process.",
  timeout: "The top level of the module must finish at once; move the work into sync(ctx).",
} as const

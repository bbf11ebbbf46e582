import { Schema } from "effect"

/** How the tokens of one connector lie on the disk. */
export const KeptTokens = Schema.Struct({
  connector: Schema.String,
  /** Relative to the project root. */
  file: Schema.String,
  /** `previous`: with the key that is on its way out. Null when it cannot be told, which is an error. */
  kept: Schema.NullOr(Schema.Literals(["plain", "encrypted", "previous"])),
  /** Tells keys apart. Null for what isn't encrypted, or cannot be told. */
  keyId: Schema.NullOr(Schema.String),
  /** An ErrorDocument: it cannot be read, for want of that key say, or was not rewritten. It is as it was. */
  error: Schema.NullOr(Schema.Json),
})
export type KeptTokens = typeof KeptTokens.Type

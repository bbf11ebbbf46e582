import { Schema } from "effect"

/** The key that tokens are to be encrypted with cannot be used. It is looked at before any file of tokens is. */
export class KeyUnusable extends Schema.TaggedError<KeyUnusable>()("KeyUnusable", {
  /** A variable's name, or a file. */
  from: Schema.String,
  why: Schema.Literals(["form", "unreadable", "command", "beside", "dotenv", "twice", "alone", "unset"]),
  /** The system's code where a file cannot be read; how a command ended. */
  code: Schema.NullOr(Schema.String),
}) {
  override get message() {
    if (this.why === "unset") return "there is no key to encrypt or decrypt tokens with: none was given"
    const isVariable = /^(\.env \()?OPENISLANDS_KEY/.test(this.from)
    const where = isVariable ? this.from : `file ${JSON.stringify(this.from)}`
    return `the key in ${where} cannot be used: ${reasons[this.why]}${this.code === null ? "" : ` (${this.code})`}`
  }
  get suggestion() {
    return `Nothing was changed. ${nextStep[this.why]}`
  }
}

const reasons = {
  form: "it is not 32 bytes in base64 or hex",
  unreadable: "it cannot be read",
  command: "the command that is to print it failed",
  beside: "it lies in the project, beside the tokens, and protects them from nobody who gets hold of both",
  dotenv: "only the environment of the process counts, not .env, which is read for connectors",
  twice: "it is given in more than one way",
  alone: "there is no key that takes its place",
}

const make = "Make a key with: openssl rand -base64 32"
const nextStep = {
  form: `${make}.`,
  unreadable: "Check the path and the permissions.",
  beside: "Keep it outside the project: in the environment of the process, or in a file that --key-file names.",
  command: "Run the command by hand: it is to print the key, and nothing else.",
  dotenv: "Take it out of .env, and set it where openislands is started.",
  twice: "Set one of the variables: without an ending, with _FILE, or with _COMMAND.",
  alone: "Set OPENISLANDS_KEY (or OPENISLANDS_KEY_FILE, or _COMMAND) to the new key.",
  unset: `Give one by --key-file, in OPENISLANDS_KEY, in a file that OPENISLANDS_KEY_FILE names, or by a command that OPENISLANDS_KEY_COMMAND holds. ${make}, and keep it where backups of the project don't go.`,
}

/** Where a connector's tokens are, and which key they were encrypted with. */
const sealed = {
  connector: Schema.String,
  /** Relative to the project root. */
  file: Schema.String,
  /** Tells keys apart, and nothing about them. */
  keyId: Schema.String,
}

/** The tokens of a connector are encrypted, and this process was started without a key. */
export class KeyMissing extends Schema.TaggedError<KeyMissing>()("KeyMissing", sealed) {
  override get message() {
    return `the tokens of connector "${this.connector}" are encrypted (${this.file}, key ${this.keyId}), and there is no key`
  }
  get suggestion() {
    return `Nothing was changed. Start openislands with that key, in OPENISLANDS_KEY or by --key-file. ${lost(this.connector)}`
  }
}

/** The tokens of a connector were encrypted with another key. */
export class KeyWrong extends Schema.TaggedError<KeyWrong>()("KeyWrong", {
  ...sealed,
  /** The ids of the keys that this process has. */
  given: Schema.Array(Schema.String),
}) {
  override get message() {
    return `the tokens of connector "${this.connector}" are encrypted with another key (${this.file}, key ${this.keyId}) than the given one (${this.given.join(", ")})`
  }
  get suggestion() {
    return `Nothing was changed. Start openislands with that key; to change keys, give it as OPENISLANDS_KEY_PREVIOUS. ${lost(this.connector)}`
  }
}

const lost = (connector: string): string =>
  `If it is lost, click Disconnect on "${connector}" in the dashboard and sign in anew.`

export type KeyError = KeyMissing | KeyUnusable | KeyWrong

/** Of an error or its document: what is to be done is to start openislands with the right key. */
export const isKeyError = (error: unknown): boolean =>
  ["KeyMissing", "KeyUnusable", "KeyWrong"].includes((error as { readonly _tag?: string } | null)?._tag ?? "")

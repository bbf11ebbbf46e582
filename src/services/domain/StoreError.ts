import { Effect, Schema } from "effect"
import { toldRow } from "./toldRow.ts"

/** The disk refused a step. What had been done of the transaction was undone. */
export class StoreFailed extends Schema.TaggedError<StoreFailed>()("StoreFailed", {
  operation: Schema.String,
  path: Schema.String,
  code: Schema.String,
}) {
  /** The code of a database that another program did not let go of. */
  static readonly locked = "it is locked by another program"
  /** The code of a file that another program wrote to at that moment. */
  static readonly meddled = "changed meanwhile"
  override get message() {
    return `cannot ${this.operation} ${this.path} (${this.code})`
  }
  get suggestion() {
    if (this.code === "ENOSPC" || this.code === "EDQUOT") return "The disk is full: free some space, then try again."
    if (this.code === StoreFailed.locked) return "Nothing was changed. Close the program that holds it, then try again."
    if (this.code === StoreFailed.meddled)
      return "Nothing was changed, and what the other program wrote stays. Try again when that is done."
    if (this.operation === "lock")
      return "Check the permissions of this path. A lock holds nothing: while no openislands runs in this project, its file can be removed."
    if (this.code === "EISDIR" || this.code === "not a regular file")
      return "Nothing was changed. There has to be a file, or nothing: move away what stands there, then try again."
    if (this.code === "EACCES" || this.code === "EPERM")
      return "Nothing was changed. Give yourself the right to read and write this path; it may belong to another user. Then try again."
    return "Nothing was changed. Check the disk and the permissions of this path, then try again."
  }
}

/** Something of ours in `.openislands` that cannot be read. */
export class StoreCorrupt extends Schema.TaggedError<StoreCorrupt>()("StoreCorrupt", {
  file: Schema.String,
  detail: Schema.String,
  wayOut: Schema.String,
}) {
  override get message() {
    return `${this.file} is damaged: ${this.detail}`
  }
  get suggestion() {
    return this.wayOut
  }
}

/** A replace without a single row, on a dataset whose `onEmpty` says that this cannot be right. */
export class EmptyReplace extends Schema.TaggedError<EmptyReplace>()("EmptyReplace", {
  dataset: Schema.String,
  output: Schema.String,
}) {
  override get message() {
    return `output "${this.output}" would empty dataset "${this.dataset}": it was replaced with no rows`
  }
  get suggestion() {
    return `Nothing was written. If no rows can be right, set "onEmpty": "clear" (or "keep") on "${this.dataset}" in manifest.json.`
  }
}

/** A dataset's file cannot be understood: bytes that aren't of its format, or no table of rows. Nothing was written. */
export class DatasetMalformed extends Schema.TaggedError<DatasetMalformed>()("DatasetMalformed", {
  dataset: Schema.String,
  file: Schema.String,
  /** 1-based line of the file as an editor shows it; null where the whole file is at fault. */
  line: Schema.NullOr(Schema.Int),
  detail: Schema.String,
  next: Schema.String,
}) {
  override get message() {
    const place = this.line === null ? this.file : `${this.file}:${this.line}`
    return `${place} (dataset "${this.dataset}") cannot be read: ${this.detail}`
  }
  get suggestion() {
    return this.next
  }
}

/** A dataset's file is not what the store left there, or not what its contract says. */
export class DatasetChanged extends Schema.TaggedError<DatasetChanged>()("DatasetChanged", {
  dataset: Schema.String,
  file: Schema.String,
  detail: Schema.String,
  next: Schema.String,
}) {
  override get message() {
    const dataset = this.dataset === "" ? "" : ` (dataset "${this.dataset}")`
    return `${this.file}${dataset} was changed by something else: ${this.detail}`
  }
  get suggestion() {
    return this.next
  }
}

/** Another run moved this connector's cursor in the meantime. */
export class CursorChanged extends Schema.TaggedError<CursorChanged>()("CursorChanged", { connector: Schema.String }) {
  override get message() {
    return `the cursor of connector "${this.connector}" changed while it ran; nothing was written`
  }
  get suggestion() {
    return "Run it again."
  }
}

/** The dataset's own format or table cannot hold a row. */
export class RowRefused extends Schema.TaggedError<RowRefused>()("RowRefused", {
  dataset: Schema.String,
  output: Schema.String,
  /** 0-based within the sync's output, since the last commit; null where it shows only when all of them are there. */
  row: Schema.NullOr(Schema.Int),
  /** For a person: `id 7`; null where the output has no key, or the row no value of it, or isn't known. */
  key: Schema.NullOr(Schema.String).pipe(Schema.withConstructorDefault(Effect.succeed(null))),
  /** Null when the row as a whole is at fault. */
  column: Schema.NullOr(Schema.String),
  detail: Schema.String,
}) {
  override get message() {
    const row = this.row === null ? `a row${this.key === null ? "" : ` (${this.key})`}` : toldRow(this.row, this.key)
    const where = this.column === null ? "" : `, column "${this.column}"`
    return `dataset "${this.dataset}" refuses ${row} of output "${this.output}"${where}: ${this.detail}`
  }
  get suggestion() {
    return "Nothing was written. Shape the row in the connector to fit."
  }
}

/** Two rows of a dataset have the key of an upserted one, and nothing tells which of them was meant. */
export class DuplicateKey extends Schema.TaggedError<DuplicateKey>()("DuplicateKey", {
  dataset: Schema.String,
  output: Schema.String,
  /** For a person: `id 7`. */
  key: Schema.String,
  /** 0-based, in the order of the dataset. */
  rows: Schema.Array(Schema.Int),
}) {
  override get message() {
    const rows = this.rows.map((row) => row + 1).join(" and ")
    return `dataset "${this.dataset}" has several rows with ${this.key} (rows ${rows}, counted from 1 without a header), and output "${this.output}" upserts it`
  }
  get suggestion() {
    return `Nothing was written. Remove all but one of them, or give output "${this.output}" a key that tells them apart.`
  }
}

/** What to do about a full sync that would drop what somebody wrote. */
export const replaceByForce =
  "Nothing was written. With --force its rows take the place of all that is there; that can be undone."

/** A full sync would drop what its connector did not write. */
export class SharedDataset extends Schema.TaggedError<SharedDataset>()("SharedDataset", {
  dataset: Schema.String,
  output: Schema.String,
  connector: Schema.String,
  /** Other connectors that wrote to it. */
  writers: Schema.Array(Schema.String),
  /** Whoever is no connector added or changed rows: an action, a hand, or the file had some before the first sync. */
  byHand: Schema.Boolean,
}) {
  override get message() {
    const rows = [
      ...(this.writers.length === 0
        ? []
        : [`rows of ${this.writers.map((name) => `connector "${name}"`).join(" and ")}`]),
      ...(this.byHand ? ["rows that were added or changed by an action or by hand"] : []),
    ].join(", and ")
    return `dataset "${this.dataset}" also holds ${rows}, which a full sync of "${this.connector}" would drop`
  }
  get suggestion() {
    return this.writers.length === 0
      ? replaceByForce
      : `Nothing was written. Give output "${this.output}" a dataset of its own in manifest.json, or let all rows of "${this.dataset}" go with --force; that can be undone.`
  }
}

/** A column cannot be given a type. */
export class CannotSettle extends Schema.TaggedError<CannotSettle>()("CannotSettle", {
  dataset: Schema.String,
  column: Schema.String,
  detail: Schema.String,
  next: Schema.String,
}) {
  override get message() {
    return `column "${this.column}" of dataset "${this.dataset}" cannot be settled: ${this.detail}`
  }
  get suggestion() {
    return this.next
  }
}

/** What a guest staged isn't what it reported. */
export class StagingCorrupt extends Schema.TaggedError<StagingCorrupt>()("StagingCorrupt", {
  output: Schema.String,
  detail: Schema.String,
}) {
  override get message() {
    return `what was staged for output "${this.output}" cannot be committed: ${this.detail}`
  }
  get suggestion() {
    return "Nothing was written. The connector's process wrote to descriptors that it must not touch; look at its code."
  }
}

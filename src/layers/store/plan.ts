import { Effect, Schema } from "effect"
import { Cause, Checkpoint, DatasetChange } from "../../services/domain/Checkpoint.ts"

/**
 * A transaction on disk: `journal/<id>/plan.json` while it is under way, `history/<id>/plan.json` once it is committed.
 * Paths are relative to `.openislands`, so that a project can be moved, or copied, with all of its history.
 */

/** Bytes of a file of ours. */
const Extent = Schema.Struct({ file: Schema.String, from: Schema.Int, to: Schema.Int })
export type Extent = typeof Extent.Type

/** What stands behind: the `]` of a JSON array, say. Base64; short, so that it fits into the plan. Absent is nothing. */
const Tail = Schema.optionalKey(Schema.String)
export const tailOf = ({ tail }: { readonly tail?: string | undefined }): Buffer => Buffer.from(tail ?? "", "base64")
/** A longer tail is not moved: the file is written anew. */
export const longestTail = 1 << 16

/** `text`, then the extents, are written at the end of the file, or before its `tail`, which moves back. */
const Append = Schema.Struct({
  op: Schema.Literal("append"),
  path: Schema.String,
  /** Where they go: the length of the file until then, its tail not counted. */
  at: Schema.Int,
  /** Its time stamp until then, which a failure gives back. */
  mtime: Schema.String,
  text: Schema.String,
  extents: Schema.Array(Extent),
  /** Of text and extents. */
  bytes: Schema.Int,
  tail: Tail,
})

/** The file gives way to `from` (null: to nothing); what it was stays as `kept` (null: there was no file). */
const Swap = Schema.Struct({
  op: Schema.Literal("swap"),
  path: Schema.String,
  from: Schema.NullOr(Schema.String),
  /** What `from` is known by once it has moved: SHA-256 (hex) where that was at hand, else its inode. */
  hash: Schema.NullOr(Schema.String),
  ino: Schema.NullOr(Schema.String),
  /** `from` must be there again after a failure; staged files need not. */
  restore: Schema.Boolean,
  kept: Schema.NullOr(Schema.String),
})

/** The file loses its end, or what comes before its tail; a transaction with one is committed as soon as it is decided, so this only goes forward. */
const Truncate = Schema.Struct({
  op: Schema.Literal("truncate"),
  path: Schema.String,
  to: Schema.Int,
  /** The time stamp that it gets, so that its stamp is known beforehand. */
  mtime: Schema.String,
  /** SHA-256 of what goes, hex; older ones don't say. */
  cut: Schema.optionalKey(Schema.String),
  tail: Tail,
})

export const Step = Schema.Union([Append, Swap, Truncate])
export type Step = typeof Step.Type

const Digest = { rows: Schema.Int, hash: Schema.String }

/** See `table/arrive.ts`, whose shape this is. */
const TableUnit = Schema.Struct({
  table: Schema.String,
  created: Schema.Boolean,
  replaced: Schema.Boolean,
  added: Schema.Array(Schema.Struct({ name: Schema.String, declared: Schema.String })),
  columns: Schema.Array(Schema.String),
  ...Digest,
  before: Schema.NullOr(Schema.Struct({ ...Digest, columns: Schema.Array(Schema.String) })),
})

/**
 * One file that a checkpoint changed, and how to get to its other side: while the checkpoint is in force that is the
 * state before it, while it is undone the state after it. What that takes lies in `history/<id>/`.
 */
export const Unit = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal("append"),
    path: Schema.String,
    /** Where our bytes begin. */
    at: Schema.Int,
    bytes: Schema.Int,
    /** SHA-256 of our bytes, hex. */
    hash: Schema.String,
    /** Bytes that stood, and stand, behind ours. */
    tail: Schema.optionalKey(Schema.Int),
  }),
  Schema.Struct({
    kind: Schema.Literal("swap"),
    path: Schema.String,
    /** Whether there was a file before, and whether there is one after. */
    before: Schema.Boolean,
    after: Schema.Boolean,
    /** Of the file after, its closing not counted, for finding edits. */
    bytes: Schema.Int,
    hash: Schema.NullOr(Schema.String),
    /** Bytes of its closing: what comes later goes before them. */
    tail: Schema.optionalKey(Schema.Int),
  }),
  Schema.Struct({
    kind: Schema.Literal("rows"),
    /** The database's file and, behind a `#`, the table. */
    path: Schema.String,
    file: Schema.String,
    /** The database itself was made. */
    fresh: Schema.Boolean,
    table: TableUnit,
  }),
])
export type Unit = typeof Unit.Type
/** Of a file as a whole: its bytes are what is turned. */
export type FileUnit = Exclude<Unit, { readonly kind: "rows" }>
export const isOfFile = (unit: Unit): unit is FileUnit => unit.kind !== "rows"

/** What a rollback turned. */
const Toggles = Schema.Struct({
  target: Schema.String,
  undone: Schema.Array(Schema.String),
  redone: Schema.Array(Schema.String),
})

export const Plan = Schema.Struct({
  version: Schema.Literal(1),
  id: Schema.String,
  at: Schema.String,
  /** The SQLite file that is part of it: its COMMIT, which carries the id, is then the commit. */
  database: Schema.optionalKey(Schema.String),
  cause: Cause,
  datasets: Schema.Record(Schema.String, DatasetChange),
  /** Older ones don't say. */
  upserted: Checkpoint.fields.upserted.pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  /** Connectors whose cursor it holds. */
  connectors: Schema.Array(Schema.String),
  /** Path of a dataset's file -> dataset. */
  names: Schema.Record(Schema.String, Schema.String),
  /** Path of a dataset's file -> format, which a link's name may tell, and not the file's. Older ones don't say. */
  formats: Schema.Record(Schema.String, Schema.String).pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  units: Schema.Array(Unit),
  toggles: Schema.NullOr(Toggles),
  steps: Schema.Array(Step),
  /** Files of ours to remove if it fails, and those to remove once it is committed. */
  made: Schema.Array(Schema.String),
  spent: Schema.Array(Schema.String),
})
export type Plan = typeof Plan.Type

/** What else lies in the journal and the history is not ours, or about to be removed. */
export const isId = (name: string): boolean => /^\d{8,}-[0-9a-z]{4}$/.test(name)

/** Datasets of which there was nothing before it. */
export const begunBy = ({ units, names }: Plan): ReadonlyArray<string> =>
  units.flatMap((unit) => {
    const isFirst = unit.kind === "swap" ? !unit.before : unit.kind === "rows" && unit.table.created
    const name = Object.hasOwn(names, unit.path) ? names[unit.path] : undefined
    return isFirst && name !== undefined ? [name] : []
  })

export const databaseOf = (plan: Plan): string | null => plan.database ?? null

const StampSchema = Schema.Struct({ ino: Schema.String, size: Schema.Int, mtime: Schema.String })
/** `stamps.json` beside the plan: what each changed file looks like before the transaction, and once it is done. */
export const Stamps = Schema.Record(
  Schema.String,
  Schema.Struct({ before: Schema.NullOr(StampSchema), after: Schema.NullOr(StampSchema) }),
)
export type Stamps = typeof Stamps.Type

/** A name in history/<id>/ for what the nth unit was before, and for what it was after. */
export const beforeSlot = (id: string, unit: number): string => `history/${id}/before-${unit}`
/** Which rows of a table it wrote. */
export const keysSlot = (id: string, unit: number): string => `history/${id}/keys-${unit}`
export const afterSlot = (id: string, unit: number): string => `history/${id}/after-${unit}`

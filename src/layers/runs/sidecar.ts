import { Option, Schema } from "effect"
import { Trigger } from "../../services/domain/Run.ts"
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"

/** What stands beside a run's lock: who holds it, and the guest that it runs. The lock itself says whether it's current. */
const Holder = Schema.Struct({
  pid: Schema.Int,
  startedAt: Schema.String,
  runId: Schema.NullOr(Schema.String),
  trigger: Schema.optionalKey(Schema.NullOr(Trigger)),
  /** The guest's pid, and its start by which it is known for certain; null where the system doesn't say. */
  guest: Schema.NullOr(Schema.Int),
  guestStart: Schema.NullOr(Schema.String),
  /** Rows checked so far, by output. */
  rows: Schema.optionalKey(Schema.Record(Schema.String, Schema.Int)),
})
export type Holder = typeof Holder.Type

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Holder))

const sidecar = (lock: string): string => `${lock}.json`

/** Null where there is none, or nobody can tell. */
export const readHolder = (lock: string): Holder | null => {
  try {
    return Option.getOrNull(decode(readFileSync(sidecar(lock), "utf8")))
  } catch {
    return null
  }
}

/** Whole at any time: what is in it when its writer dies is all that is known of the guest. */
export const writeHolder = (lock: string, holder: Holder): void => {
  const temporary = `${sidecar(lock)}.tmp`
  writeFileSync(temporary, JSON.stringify(holder), { mode: 0o600 })
  renameSync(temporary, sidecar(lock))
}

/** Whatever stands in its place. */
export const removeHolder = (lock: string): void => {
  try {
    rmSync(sidecar(lock), { recursive: true, force: true })
  } catch {
    // A disk that became read-only, say. The lock itself says that nobody holds it.
  }
}

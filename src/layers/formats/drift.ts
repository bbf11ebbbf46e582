import type { Codec, Column, ColumnType, Contract, OnDrift } from "../../services/domain/Contract.ts"
import { append, getIn, newMap, setIn, toLowerCase } from "./primordials.ts"
import { acceptMask, join, widen } from "./settle.ts"
import { bitOfType, JSON_VALUE } from "./values.ts"

interface Seen {
  readonly type: ColumnType
  readonly row: number
  /** For a person, of a short value that was drift when it came. */
  readonly value?: string
  /** For a person: the key of that row, where it was drift and the output has one. */
  readonly key?: string
}

/** What the rows of one sync showed of a column; enough to judge them again under another contract. */
export interface ColumnReport {
  readonly name: string
  /** The join of `seen`; `unknown` if only null. */
  readonly type: ColumnType
  /** Each class of values with the first row (0-based) that had it, in that order. */
  readonly seen: ReadonlyArray<Seen>
  /** Null or undefined in some row. */
  readonly nulls: boolean
  /** Not a key of some row. */
  readonly absent: boolean
  /** The first row that had the key; null when none had. */
  readonly firstRow: number | null
  /** For a person: the key of that row, where its having the column was drift and the output has one. */
  readonly key?: string
}

/** How the rows of one sync depart from the contract; rows are 0-based within the sync. */
export interface Drift {
  readonly added: ReadonlyArray<{
    readonly column: string
    readonly type: ColumnType
    readonly row: number
    readonly key?: string
  }>
  readonly missing: ReadonlyArray<{ readonly column: string }>
  readonly retyped: ReadonlyArray<{
    readonly column: string
    readonly expected: ColumnType
    readonly got: ColumnType
    readonly row: number
    readonly value?: string
    readonly key?: string
  }>
}

/** A change of the contract that went through. `string` to `string` is a CSV column that became mixed; `to` is null for `missing`. */
export interface SchemaChange {
  readonly column: string
  readonly change: "added" | "widened" | "settled" | "missing"
  readonly from: ColumnType | null
  readonly to: ColumnType | null
}

/** The rows of a sync against a contract. With drift, `changes` is empty and `contract` the one that was given. */
export interface Verdict {
  readonly drift: Drift
  readonly changes: ReadonlyArray<SchemaChange>
  readonly contract: Contract
}

/** What `judge` needs: no rows, so that commit can ask again. */
export interface Evidence {
  readonly columns: ReadonlyArray<ColumnReport>
  readonly rows: number
  /** Null for an empty dataset, whose first rows settle it. */
  readonly contract: Contract | null
  readonly codec: Codec
  readonly onDrift: OnDrift
}

const noDrift: Drift = { added: [], missing: [], retyped: [] }

/** Whether any drift was found. */
export function hasDrift(drift: Drift): boolean {
  return drift.added.length > 0 || drift.missing.length > 0 || drift.retyped.length > 0
}

/** A report's classes as bits. */
function seenMask(report: ColumnReport): number {
  let mask = 0
  for (let at = 0; at < report.seen.length; at++) mask |= bitOfType(report.seen[at]!.type)
  return mask
}

function column(name: string, type: ColumnType, optional: boolean, mixed: boolean): Column {
  return mixed ? { name, type, optional, mixed: true } : { name, type, optional }
}

/** Settles an empty dataset, or holds the rows of a sync against its contract. Never throws. */
export function judge(evidence: Evidence): Verdict {
  if (evidence.contract === null) return { drift: noDrift, changes: [], contract: first(evidence) }
  if (evidence.rows === 0) return { drift: noDrift, changes: [], contract: evidence.contract }
  return against(evidence, evidence.contract)
}

function first(evidence: Evidence): Contract {
  const columns: Array<Column> = []
  for (let at = 0; at < evidence.columns.length; at++) {
    const report = evidence.columns[at]!
    const { type, mixed } = join(seenMask(report), evidence.codec)
    append(columns, column(report.name, type, report.nulls || report.absent || report.firstRow === null, mixed))
  }
  return { columns }
}

function against({ columns: reports, codec, onDrift }: Evidence, contract: Contract): Verdict {
  const evolve = onDrift === "evolve"
  const added: Array<Drift["added"][number]> = []
  const missing: Array<Drift["missing"][number]> = []
  const retyped: Array<Drift["retyped"][number]> = []
  const changes: Array<SchemaChange> = []
  const columns: Array<Column> = []

  const byName = newMap<string, ColumnReport>()
  for (let at = 0; at < reports.length; at++) setIn(byName, reports[at]!.name, reports[at]!)
  const known = newMap<string, string>()

  for (let at = 0; at < contract.columns.length; at++) {
    const old = contract.columns[at]!
    const report = getIn(byName, old.name)
    setIn(known, toLowerCase(old.name), old.name)
    if (report === undefined || report.firstRow === null) {
      if (!old.optional) {
        if (evolve) append(changes, { column: old.name, change: "missing", from: old.type, to: null })
        else append(missing, { column: old.name })
      }
      append(columns, column(old.name, old.type, true, old.mixed === true))
      continue
    }
    const accepted = acceptMask(old, codec)
    for (let seen = 0; !evolve && seen < report.seen.length; seen++) {
      const { type: got, ...at } = report.seen[seen]!
      if ((bitOfType(got) & ~accepted) === 0) continue
      append(retyped, { column: old.name, expected: old.type, got, ...at })
      break
    }
    const { type, mixed } = widen(old, seenMask(report), codec)
    if (type !== old.type || mixed !== (old.mixed === true)) {
      const change = old.type === "unknown" ? "settled" : "widened"
      append(changes, { column: old.name, change, from: old.type, to: type })
    }
    append(columns, column(old.name, type, old.optional || report.nulls || report.absent, mixed))
  }

  for (let at = 0; at < reports.length; at++) {
    const report = reports[at]!
    const lower = toLowerCase(report.name)
    const same = getIn(known, lower)
    if (same === report.name || report.firstRow === null) continue
    const { type, mixed } = join(seenMask(report), codec)
    // Columns equal but for case cannot live in one table, so no policy adds the second.
    if (evolve && same === undefined) {
      setIn(known, lower, report.name)
      append(changes, { column: report.name, change: "added", from: null, to: type })
      append(columns, column(report.name, type, true, mixed))
    } else {
      const { firstRow: row, key } = report
      append(added, { column: report.name, type, row, ...(key === undefined ? {} : { key }) })
    }
  }

  const drift: Drift = { added, missing, retyped }
  return hasDrift(drift) ? { drift, changes: [], contract } : { drift, changes, contract: { columns } }
}

/**
 * Judges a sync's report again because the contract changed between its begin and its commit. `was` is the contract that
 * the rows were encoded under: in a CSV a json column holds JSON text and every other one plain text, so a column
 * that became or ceased to be json cannot take staged cells of another class, under either policy.
 */
export function recheck(evidence: Evidence, was: Contract | null): Verdict {
  const verdict = judge(evidence)
  if (evidence.codec !== "csv" || evidence.contract === null || evidence.rows === 0) return verdict
  const retyped = [...verdict.drift.retyped]
  const byName = new Map(evidence.contract.columns.map((candidate) => [candidate.name, candidate]))
  const byNameThen = new Map(was?.columns.map((candidate) => [candidate.name, candidate]))
  for (const report of evidence.columns) {
    const now = byName.get(report.name)
    const old = byNameThen.get(report.name)
    if (now === undefined || (now.type === "json") === (old?.type === "json")) continue
    const other = report.seen.find((seen) => bitOfType(seen.type) !== JSON_VALUE)
    if (other === undefined || retyped.some((known) => known.column === report.name)) continue
    retyped.push({ column: report.name, expected: now.type, got: other.type, row: other.row })
  }
  if (retyped.length === verdict.drift.retyped.length) return verdict
  return { drift: { ...verdict.drift, retyped }, changes: [], contract: evidence.contract }
}

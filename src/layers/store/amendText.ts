import { Effect } from "effect"
import type { Contract } from "../../services/domain/Contract.ts"
import type { Row } from "../../services/domain/Row.ts"
import { locatedRows, type LocatedRow, type RowForm } from "../formats/locatedRows.ts"
import { amended, flattened, type Range } from "./amending.ts"
import { judgeReport } from "./changes.ts"
import type { DatasetState } from "./datasetState.ts"
import { encodeRows } from "./encoding.ts"
import { chunksOf } from "./looks.ts"
import type { NetEdits } from "./netEdits.ts"
import type { Staged } from "./staged.ts"
import { type Base, elementsAt, Pieces, pourClosed } from "./upserting.ts"

/** A dataset with rows, on its way to be edited. */
export interface Amending {
  /** The action. */
  readonly output: string
  readonly now: DatasetState & { readonly contract: Contract }
  readonly net: NetEdits
  /** The beginning of the names of files to be made. */
  readonly prefix: string
}

/**
 * Edited rows of a file of text. `touched` are those that were there and concerned; without `content` none of them is
 * another now, and what comes is only staged.
 */
export const amendText = Effect.fnUntraced(function* ({ output, now, net, prefix }: Amending, base: Base) {
  const { contract } = now
  const there: RowForm = { format: base.format, contract, columns: null, header: true }
  const counts = { touched: 0, gone: 0, changed: 0 }
  const ground = { ...now, columns: base.columns }
  const facts = { output, mode: "insert", shape: "segment" } as const
  const { report, staged } = yield* encodeRows(ground, facts, prefix, async function* () {
    Object.assign(counts, { touched: 0, gone: 0, changed: 0 })
    for await (const batch of locatedRows(there, chunksOf(base.file))) {
      const changed: Array<Row> = []
      for (const { row } of batch) {
        const outcome = net.outcomeOf(row)
        if (outcome === null) continue
        counts.touched++
        if (outcome === "gone") counts.gone++
        else if (!net.isSame(outcome.row, row)) changed.push(outcome.row)
      }
      counts.changed += changed.length
      yield changed
    }
    yield net.fresh
  })
  const rest = { ...counts, report, staged }
  if (counts.gone + counts.changed === 0) return { ...rest, content: null }
  const settled = report.rows === 0 ? contract : (yield* judgeReport(report, now, now)).contract
  const codec = now.codec
  const form: RowForm = { format: codec, contract: settled, columns: base.columns, header: false }
  const content = yield* pourClosed(`${prefix}.amended`, base.closing?.bytes ?? null, () =>
    amendedBytes(base, net, { staged, form, there }),
  )
  return { ...rest, content: { file: content, settled } }
})

interface Parts {
  /** Rows that changed, then those that come. */
  readonly staged: Staged
  readonly form: RowForm
  readonly there: RowForm
}

async function* amendedBytes(base: Base, net: NetEdits, { staged, form, there }: Parts): AsyncGenerator<Uint8Array> {
  using old = new Pieces(base.file)
  using own = new Pieces(staged.file)
  const { closing, size } = base
  const coming = flattened(locatedRows(form, chunksOf(staged.file)))
  const ranges = amended(locatedRows(there, chunksOf(base.file)), size - (closing?.bytes.length ?? 0), net, coming)
  try {
    let next = await ranges.next()
    for (; next.done !== true; next = await ranges.next())
      yield* inPieces(next.value.of === "base" ? old : own, next.value)
    yield* amendedEnd(base, next.value, coming, { old, own, staged })
  } finally {
    // Whoever writes it down may give up.
    await ranges.return(null)
    await coming.return()
  }
}

interface Sources {
  readonly old: Pieces
  readonly own: Pieces
  readonly staged: Staged
}

/** Rows that come; `empty` says where what stood before the rows ended, if none is left of these. */
async function* amendedEnd(
  { format, eol, finalNewline }: Base,
  empty: { readonly head: number } | null,
  coming: AsyncGenerator<LocatedRow, void, undefined>,
  { old, own, staged }: Sources,
): AsyncGenerator<Uint8Array> {
  // What is behind the bracket belongs to the closing, whoever adds rows later relies on it.
  if (empty !== null) yield format === "json" ? trimmed(old.read(0, empty.head)) : old.read(0, empty.head)
  const fresh: Array<LocatedRow> = []
  for await (const row of coming) fresh.push(row)
  const [first] = fresh
  if (first === undefined) return
  if (format === "json") return yield* elementsAt(own, fresh, empty !== null)
  if (empty === null && !finalNewline) yield Buffer.from(eol)
  yield* inPieces(own, { from: first.from, to: staged.bytes })
}

const piece = 1 << 18

function* inPieces(source: Pieces, { from, to }: Pick<Range, "from" | "to">): Generator<Uint8Array, void, undefined> {
  for (let at = from; at < to; at += piece) yield source.read(at, Math.min(to, at + piece))
}

const trimmed = (bytes: Buffer): Buffer => {
  let to = bytes.length
  while (to > 0 && [0x20, 0x09, 0x0a, 0x0d].includes(bytes[to - 1]!)) to--
  return bytes.subarray(0, to)
}

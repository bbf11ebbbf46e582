import { Effect } from "effect"
import type { Retention } from "../../services/DatasetStore.ts"
import type { Contract } from "../../services/domain/Contract.ts"
import type { FieldType, SourceDataset } from "../../services/domain/Manifest.ts"
import { didYouMean } from "../../services/domain/Name.ts"
import { CannotSettle } from "../../services/domain/StoreError.ts"
import { CellIssue } from "../formats/decode.ts"
import { settling } from "./causes.ts"
import { underCommitLock } from "./commitLock.ts"
import { contractFile, contractText } from "./contracts.ts"
import { inspectDataset } from "./datasetState.ts"
import { Draft } from "./draft.ts"
import { lineOfRow } from "./lineOfRow.ts"
import { lookerFor } from "./looks.ts"
import { nextId, publish } from "./publishing.ts"

/** Gives columns other types, if every cell that is there fits them: the data stays, how it is read changes. */
export const settleTypes = (
  home: string,
  dataset: SourceDataset,
  types: ReadonlyMap<string, FieldType>,
  retention: Retention,
) => underCommitLock(home, settle(home, dataset, types, retention).pipe(Effect.uninterruptible))

const settle = Effect.fnUntraced(function* (
  home: string,
  dataset: SourceDataset,
  types: ReadonlyMap<string, FieldType>,
  retention: Retention,
) {
  const { contract, contractText: before, writers, stamp } = yield* inspectDataset(home, dataset)
  const settled = yield* retyped(dataset, contract, types)
  const text = contractText({ contract: settled, writers })
  if (text === before || types.size === 0) return { contract: settled, checkpoint_id: null }

  const issue = stamp === null ? null : yield* lookerFor(dataset).check(settled, stamp)
  if (issue !== null && stamp !== null) {
    return yield* unfitting(dataset, types, issue, yield* lineOfRow(dataset, stamp, issue))
  }
  const draft = new Draft(home, yield* nextId(home))
  yield* draft.replaceText(contractFile(dataset.name), text, before !== null)
  draft.datasets[dataset.name] = { mode: "settle", rows: 0 }
  draft.name(dataset)
  draft.contracts.set(dataset.name, { dataset, text, stamp })
  yield* publish(draft, { cause: settling, connectors: [], retention })
  return { contract: settled, checkpoint_id: draft.id }
})

/** The contract with other types, whether what is there fits them or not. */
export const retyped = Effect.fnUntraced(function* (
  dataset: SourceDataset,
  contract: Contract | null,
  types: ReadonlyMap<string, FieldType>,
) {
  const columns = contract?.columns ?? []
  const names = columns.map(({ name }) => name)
  for (const column of types.keys()) if (!names.includes(column)) return yield* unknownColumn(dataset, column, names)
  const settled = columns.map((column) => {
    const type = types.get(column.name)
    return type === undefined || (type === column.type && column.mixed !== true)
      ? column
      : { name: column.name, type, optional: column.optional }
  })
  return { columns: settled } satisfies Contract
})

const unknownColumn = (dataset: SourceDataset, column: string, names: ReadonlyArray<string>) => {
  const meant = didYouMean(column, names)
  const next =
    names.length === 0
      ? "It is empty: the first rows settle its columns."
      : `${meant === null ? "" : `Did you mean "${meant}"? `}Its columns: ${names.join(", ")}.`
  return new CannotSettle({ dataset: dataset.name, column, detail: "there is no such column", next })
}

/** `line`: null where there are no lines. */
export const unfitting = (
  dataset: SourceDataset,
  types: ReadonlyMap<string, FieldType>,
  issue: CellIssue,
  line: number | null,
) =>
  new CannotSettle({
    dataset: dataset.name,
    column: issue.column ?? [...types.keys()].join(", "),
    detail: new CellIssue(issue.row, null, issue.expected, issue.got).told(line === null ? undefined : `line ${line}`),
    next: "Nothing was changed. Choose a type that fits every row, or correct the row.",
  })

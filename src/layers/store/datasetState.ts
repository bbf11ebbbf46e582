import { Effect } from "effect"
import * as path from "node:path"
import type { Codec, Contract } from "../../services/domain/Contract.ts"
import { codecOf, type SourceDataset } from "../../services/domain/Manifest.ts"
import { StoreCorrupt } from "../../services/domain/StoreError.ts"
import { rememberChecked, wasChecked } from "./checked.ts"
import { contractFile, parseContract, somebody } from "./contracts.ts"
import { Disk, sameStamp, type Stamp } from "./Disk.ts"
import { changed, correctIt, malformed } from "./fileReading.ts"
import { type Habits, plainHabits } from "./habits.ts"
import { inferredFrom } from "./inferred.ts"
import { lineOfRow, toldWithLine } from "./lineOfRow.ts"
import { lookerFor, stampOf } from "./looks.ts"
import { orIfUnusable } from "./unusable.ts"

/** A dataset as it stands on disk: what a transaction builds on, and what its commit compares again. */
export interface DatasetState extends Habits {
  readonly dataset: SourceDataset
  readonly codec: Codec
  /** Null when the dataset is empty: the first rows settle it. */
  readonly contract: Contract | null
  /** The contract's file as it is; null when there is none, also for a file of the user's whose contract was inferred. */
  readonly contractText: string | null
  /** Whose rows are in it; see `KeptContract`. */
  readonly writers: ReadonlyArray<string>
  /** Null: there is no file. */
  readonly stamp: Stamp | null
}

/** Reads contract and file; a file that something else wrote since is checked whole against its contract. */
export const inspectDataset = Effect.fnUntraced(function* (home: string, dataset: SourceDataset) {
  const disk = yield* Disk
  const read = disk.read(path.join(home, contractFile(dataset.name)))
  const contractText = (yield* orIfUnusable(read, (detail) => damaged(dataset, detail)))?.toString("utf8") ?? null
  const stored = contractText === null ? null : parseContract(contractText)
  if (contractText !== null && stored === null) return yield* damaged(dataset, "it is not a contract")
  const stamp = yield* stampOf(dataset, stored !== null)
  const looker = lookerFor(dataset)
  const habits = stamp === null || stamp.size === 0 ? plainHabits : yield* looker.habits(stamp)
  const state = { dataset, codec: codecOf(dataset.format), contractText, stamp, ...habits, writers: [] }
  if (stored === null) {
    if (stamp === null || stamp.size === 0) return { ...state, contract: null } satisfies DatasetState
    const { issue, contract } = yield* inferredFrom(dataset, stamp, looker)
    if (issue !== null)
      return yield* malformed(dataset, yield* lineOfRow(dataset, stamp, issue), issue.told(""), correctIt)
    if (contract === null) return { ...state, contract } satisfies DatasetState
    return { ...state, contract, writers: [somebody] } satisfies DatasetState
  }
  if (stamp === null) {
    return yield* changed(
      dataset,
      "it has been deleted or moved",
      `Put it back as it was. Or begin it anew: remove .openislands/${contractFile(dataset.name)}, then sync with --full; checkpoints of the rows that are gone can then no longer be undone.`,
    )
  }
  if (!(yield* wasChecked(home, dataset.name, stamp, contractText ?? ""))) {
    const issue = yield* looker.check(stored.contract, stamp)
    if (issue !== null) {
      const told = yield* toldWithLine(dataset, stamp, issue)
      return yield* changed(dataset, told, "Correct the file, or take the edit back; nothing was written.")
    }
    yield* rememberChecked(home, dataset.name, stamp, contractText ?? "")
  }
  return { ...state, ...stored } satisfies DatasetState
})

const damaged = ({ name }: SourceDataset, detail: string) =>
  new StoreCorrupt({
    file: path.join(".openislands", contractFile(name)),
    detail,
    wayOut: `Put it right from a backup; or remove it: the contract is then inferred anew from all that is in the dataset. "openislands contract ${name}" shows how its columns are read.`,
  })

/** Whether two looks at a dataset saw the same thing. */
export const sameState = (a: DatasetState, b: DatasetState): boolean =>
  a.contractText === b.contractText && sameStamp(a.stamp, b.stamp)

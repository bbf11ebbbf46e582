import { DatasetNotFound } from "../../../src/services/domain/DatasetNotFound.ts"
import { SchemaDrift } from "../../../src/services/domain/SchemaDrift.ts"
import {
  CannotSettle,
  DatasetChanged,
  DatasetMalformed,
  DuplicateKey,
  EmptyReplace,
  RowRefused,
  SharedDataset,
  StagingCorrupt,
  StoreCorrupt,
  StoreFailed,
} from "../../../src/services/domain/StoreError.ts"
import { LockBusy, LockFailed } from "../../../src/layers/store/SqliteLocks.ts"
import type { ErrorChapter } from "./chapter.ts"

const dataset = "people"
const output = "items"
const file = "data/people.csv"

export const datasets: ErrorChapter = {
  title: "Datasets",
  where: "`sync`, `preview`, `action`, `rollback`, `contract` and `query`: whatever reads or writes a dataset.",
  examples: [
    [
      new DatasetNotFound({ dataset: "peple", reason: "unknown", didYouMean: "people" }),
      "No dataset has this name; or it is declared wrongly; or it is a query where a file is needed.",
    ],
    [
      new SchemaDrift({
        dataset,
        output,
        onDrift: "reject",
        added: [{ column: "email", type: "string", row: 0, key: "id 1" }],
        missing: [],
        retyped: [{ column: "zip", expected: "integer", got: "string", row: 4, value: '"D-10115"', key: "id 7" }],
        recased: [],
        settleable: [{ column: "zip", type: "string" }],
      }),
      'Rows no longer fit the columns, and `"onDrift"` doesn\'t let the dataset follow.',
    ],
    [new EmptyReplace({ dataset, output }), 'A `replace` brought no rows, and the dataset\'s `"onEmpty"` is `"fail"`.'],
    [
      new RowRefused({
        dataset,
        output,
        row: 2,
        key: "id 7",
        column: "email",
        detail: "UNIQUE constraint failed: people.email",
      }),
      "The dataset's own format or table cannot hold a row: a `UNIQUE`, a `NOT NULL`, a trigger, a declared type.",
    ],
    [
      new DuplicateKey({ dataset, output, key: "id 7", rows: [6, 9] }),
      "An upsert meets a key that the dataset has twice: which row was meant cannot be known.",
    ],
    [
      new SharedDataset({ dataset, output, connector: "people", writers: [], byHand: true }),
      "A full sync would drop rows that an action or a hand added or changed, or that were there before the first sync.",
    ],
    [
      new SharedDataset({ dataset, output, connector: "people", writers: ["persons"], byHand: false }),
      "A full sync would drop rows of another connector.",
    ],
    [
      new DatasetChanged({
        dataset,
        file,
        detail: "there is more behind the rows that were synced",
        next: "Nothing was undone. With --force the synced rows go and the edits stay.",
      }),
      "Something else changed the file: a hand edit, another program, a deletion.",
    ],
    [
      new DatasetChanged({
        dataset,
        file,
        detail: "it has been deleted or moved",
        next: "Put it back as it was. Or begin it anew: remove .openislands/contracts/people.json, then sync with --full; checkpoints of the rows that are gone can then no longer be undone.",
      }),
      "The file is gone, and its contract is still there.",
    ],
    [
      new DatasetChanged({
        dataset,
        file,
        detail: "line 5 should be a record of 5 fields, it is one of 2",
        next: "Correct the file, or take the edit back; nothing was written.",
      }),
      "An edit left a row that doesn't fit the columns.",
    ],
    [
      new DatasetMalformed({
        dataset,
        file,
        line: 3,
        detail: "it should be a record of 2 fields, it is one of 3",
        next: "Correct the file; nothing was written.",
      }),
      "The file holds bytes that aren't of its format, or no table of rows.",
    ],
    [
      new CannotSettle({
        dataset,
        column: "zip",
        detail: 'line 5 should be integer, it is "unknown"',
        next: "Nothing was changed. Choose a type that fits every row, or correct the row.",
      }),
      "`contract --settle` was asked for a type that a row doesn't fit, or for a column that isn't there.",
    ],
    [
      new StoreFailed({ operation: "write", path: file, code: "ENOSPC" }),
      "The disk refused a step, or another program holds a database. What had been done of the transaction was undone.",
    ],
    [
      new StoreFailed({ operation: "write", path: "data/my.sqlite", code: StoreFailed.locked }),
      "Another program holds a database.",
    ],
    [
      new StoreCorrupt({
        file: ".openislands/contracts/people.json",
        detail: "it is not what was kept there",
        wayOut:
          'Put it right from a backup; or remove it: the contract is then inferred anew from all that is in the dataset. "openislands contract people" shows how its columns are read.',
      }),
      "Something of ours in `.openislands` cannot be read.",
    ],
    [
      new StagingCorrupt({ output, detail: "3 rows were reported, 2 are there" }),
      "What a connector's process staged isn't what it reported.",
    ],
    [
      new LockBusy({ lock: ".openislands/locks/commit" }),
      "Never told under this name: whoever wants the lock says what it is for.",
    ],
    [
      new LockFailed({ file: ".openislands/locks/commit", detail: "unable to open database file" }),
      "Never told under this name: it becomes `StoreFailed`, `ProjectUnwritable` or `TokensUnwritable`.",
    ],
  ],
}

import { closeSync, openSync, writeSync } from "node:fs"
import type { Contract } from "../../../services/domain/Contract.ts"
import { RowWriter } from "../writer.ts"
import { readParquet } from "./readParquet.ts"

/**
 * Writes the rows of a Parquet file as JSON Lines. Where a column became `string` or `json` this makes of its values
 * what those of a JSON Lines dataset would be, by the same code. Throws as `readParquet` does, a `RowError` for nested
 * values too deep for our files, and what the disk says.
 */
export async function writeJsonl(file: string, contract: Contract, target: string): Promise<void> {
  const fd = openSync(target, "wx", 0o600)
  try {
    const writer = new RowWriter({
      codec: "jsonl",
      contract: null,
      mode: "whole",
      columns: null,
      eol: "\n",
      onDrift: "evolve",
      sink: {
        write: (bytes) => {
          for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done)
        },
      },
    })
    for await (const rows of readParquet(file, contract)) for (const row of rows) writer.row(row)
    writer.finish()
  } finally {
    closeSync(fd)
  }
}

import { Effect, Option, Schema } from "effect"
import { createHash } from "node:crypto"
import * as path from "node:path"
import { databaseStamp } from "./databaseStamp.ts"
import { Disk, sameStamp, type Stamp } from "./Disk.ts"
import { orIfUnusable } from "./unusable.ts"

const digest = (text: string): string => createHash("sha256").update(text).digest("hex")

const Checked = Schema.fromJsonString(
  Schema.Struct({
    stamp: Schema.Struct({ ino: Schema.String, size: Schema.Int, mtime: Schema.String }),
    contract: Schema.String,
  }),
)
const decodeChecked = Schema.decodeUnknownOption(Checked)
const checkedFile = (home: string, dataset: string) => path.join(home, "cache", "checked", `${dataset}.json`)

/** Whether a file that looks like this was found to fit this contract. */
export const wasChecked = Effect.fnUntraced(function* (home: string, dataset: string, stamp: Stamp, contract: string) {
  const disk = yield* Disk
  const read = disk.read(checkedFile(home, dataset))
  const text = yield* orIfUnusable(read, () => Effect.succeed(null))
  const checked = text === null ? null : Option.getOrNull(decodeChecked(text.toString("utf8")))
  return checked !== null && sameStamp(checked.stamp, stamp) && checked.contract === digest(contract)
})

/** Which bytes are known to fit which contract. Only a cache: without it the file is read once more. */
export const rememberChecked = Effect.fnUntraced(
  function* (home: string, dataset: string, stamp: Stamp, contract: string) {
    const disk = yield* Disk
    const file = checkedFile(home, dataset)
    yield* disk.mkdir(path.dirname(file))
    const write = disk.write(file, Buffer.from(JSON.stringify({ stamp, contract: digest(contract) })))
    yield* orIfUnusable(write, () => Effect.andThen(disk.removeTree(file), write))
  },
  (remember) => Effect.ignore(remember),
)

/** What fitted its contract in a database still does after a transaction of ours, in whatever tables that wrote. */
export const carryChecked = Effect.fnUntraced(
  function* (home: string, { file, stamp }: { readonly file: string; readonly stamp: Stamp | null }) {
    const disk = yield* Disk
    const now = yield* databaseStamp(file)
    if (stamp === null || now === null) return
    const directory = path.dirname(checkedFile(home, ""))
    for (const name of yield* disk.list(directory)) {
      const text = yield* disk.read(path.join(directory, name))
      const checked = text === null ? null : Option.getOrNull(decodeChecked(text.toString("utf8")))
      if (checked === null || !sameStamp(checked.stamp, stamp)) continue
      yield* disk.write(path.join(directory, name), Buffer.from(JSON.stringify({ ...checked, stamp: now })))
    }
  },
  (carry) => Effect.ignore(carry),
)

import { readFileSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { generator } from "./generated.ts"
import type { Choice } from "./growth.ts"
import { type Measured, measure, peakOf } from "./measure.ts"
import { dataOf, type Format, forget, makeProject, sync } from "./project.ts"
import { scratch } from "./scratch.ts"
import { count, median, table, times, verdict } from "./table.ts"

const million = 1_000_000
const rounds = 3
const oneThread = path.join(import.meta.dirname, "oneThread.ts")

const totalOf = ({ largest }: Choice): number => Math.min(million, largest)

/** A dataset, what it is replaced with, and the staged rows of that. */
export const rowsBytes = (choice: Choice): number => totalOf(choice) * 700

interface Compared {
  readonly limit: ReadonlyArray<Measured>
  readonly insert: ReadonlyArray<Measured>
  readonly replace: ReadonlyArray<Measured>
}

/** A million rows through a guest into a new dataset, and in place of those: whole processes, with fsync, in turns. */
export const rows = async (choice: Choice, tell: (line: string) => void): Promise<string> => {
  const home = scratch(rowsBytes(choice))
  const { formats } = choice
  const total = totalOf(choice)
  writeFileSync(path.join(home, "rows.js"), generator)
  writeFileSync(path.join(home, "package.json"), '{ "type": "module" }')
  const roots = formats.map(
    (format) => [format, makeProject(path.join(home, format), format, total, "replace")] as const,
  )
  // The first round fills the caches: ours, and Node's of compiled code.
  const taken: Array<ReadonlyArray<Awaited<ReturnType<typeof compare>>>> = []
  for (let round = 0; round <= rounds; round++) {
    tell(`rows: round ${round} of ${rounds}`)
    const one = []
    for (const [format, root] of roots) one.push(await compare(home, format, root, total))
    if (round > 0) taken.push(one)
  }
  const lines = formats.flatMap((format, at) => {
    const of = (what: keyof Compared) => taken.map((round) => round[at]![what])
    return linesOf(format, { limit: of("limit"), insert: of("insert"), replace: of("replace") }, total)
  })
  return table([[`${count(total)} rows`, "median", "rows/s", "of one thread", "MiB: program, guest", "aim"], ...lines])
}

const compare = async (home: string, format: Format, root: string, total: number) => {
  const file = path.join(home, `limit.${format}`)
  const limit = await measure([oneThread, format, file, `${total}`], home)
  const insert = await sync(root, total)
  // In the others the same rows may be kept in other bytes.
  const isText = format !== "sqlite" && format !== "parquet"
  if (isText && !readFileSync(dataOf(root, format)).equals(readFileSync(file))) {
    throw new Error(`${format}: one thread did not write the same bytes`)
  }
  rmSync(file)
  const replace = await sync(root, total)
  forget(root)
  return { limit, insert, replace }
}

const linesOf = (format: Format, compared: Compared, total: number): ReadonlyArray<ReadonlyArray<string>> => {
  const base = median(compared.limit.map(({ time }) => time))
  const line = (name: string, measured: ReadonlyArray<Measured>, isOurs: boolean) => {
    const time = median(measured.map((one) => one.time))
    const { own, guest } = peakOf(measured)
    return [
      `${format}, ${name}`,
      `${(time / 1000).toFixed(2)} s`,
      count(total / (time / 1000)),
      times(time / base),
      isOurs ? `${own.toFixed(0)}, ${guest.toFixed(0)}` : own.toFixed(0),
      isOurs ? `${verdict(time / base, 1.3)}, ${verdict(Math.max(own, guest), 200, " MiB")}` : "",
    ]
  }
  return [
    line("one thread, no checks", compared.limit, false),
    line("insert", compared.insert, true),
    line("replace", compared.replace, true),
  ]
}

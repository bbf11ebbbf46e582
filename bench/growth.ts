import { rmSync, statSync } from "node:fs"
import * as path from "node:path"
import type { Measured, Peak } from "./measure.ts"
import { peakOf } from "./measure.ts"
import { dataOf, type Format, historyBytes, makeProject, rollback, sync } from "./project.ts"
import { scratch } from "./scratch.ts"
import { count, median, table, times, verdict } from "./table.ts"

const allSizes = [10_000, 1_000_000, 10_000_000]
const rounds = 15
/** Each rewrites the file. */
const parquetRounds = 3
const parquetLargest = 1_000_000
/** The most that one format takes: a dataset with its staged rows beside it. */
const bytesOfRow = 400

export interface Choice {
  readonly formats: ReadonlyArray<Format>
  /** Rows of the largest dataset. */
  readonly largest: number
}

export const growthBytes = ({ largest }: Choice): number => largest * bytesOfRow

/**
 * Inserts of 100 rows and their undos, on datasets that real syncs made: whole processes of the built program, with fsync.
 * The sizes take turns, so that whatever else the machine does meets all of them alike.
 */
export const growth = async (choice: Choice, tell: (line: string) => void): Promise<string> => {
  const home = scratch(growthBytes(choice))
  const sizes = allSizes.filter((size) => size <= choice.largest)
  const made: Array<ReadonlyArray<string>> = []
  const spent: Array<ReadonlyArray<string>> = []
  const resident: Array<ReadonlyArray<string>> = []
  for (const format of choice.formats) {
    const grown = await grow(path.join(home, format), format, sizes, tell)
    made.push(firstLine(format, grown, sizes))
    spent.push(...timeLines(format, grown, sizes))
    resident.push(...memoryLines(format, grown, sizes))
    rmSync(path.join(home, format), { recursive: true, force: true })
  }
  const on = sizes.map((size) => `on ${count(size)}`)
  return [
    table([["the first sync", ...sizes.map((size) => `${count(size)} rows`)], ...made]),
    table([["100 rows (beside the smallest)", ...on, "aim"], ...spent]),
    table([["MiB resident at most: program, guest", ...on, "aim, beside the next smaller"], ...resident]),
  ].join("\n\n")
}

interface Grown {
  readonly size: number
  readonly root: string
  readonly first: Measured
  /** Bytes of the dataset. */
  readonly bytes: number
  readonly insert: Array<Measured>
  /** Milliseconds of each insert without the program's start and end, as its run record has them. */
  readonly inside: Array<number>
  readonly undo: Array<Measured>
  readonly history: Array<number>
}

const grow = async (
  home: string,
  format: Format,
  sizes: ReadonlyArray<number>,
  tell: (line: string) => void,
): Promise<ReadonlyArray<Grown>> => {
  const all: Array<Grown> = []
  for (const size of sizes.filter((one) => format !== "parquet" || one <= parquetLargest)) {
    tell(`${format}: the first sync of ${count(size)} rows`)
    const root = makeProject(path.join(home, `${size}`), format, size, "hundred")
    const first = await sync(root, size)
    const bytes = statSync(dataOf(root, format)).size
    all.push({ size, root, first, bytes, insert: [], inside: [], undo: [], history: [] })
  }
  tell(`${format}: 100 rows, and their undo`)
  // The first round fills the caches: ours, the kernel's, and Node's of compiled code.
  for (let round = 0; round <= (format === "parquet" ? parquetRounds : rounds); round++) {
    // Each begins with another size, and none comes twice in a row, which would find its caches warm.
    const first = round % all.length
    const turns = [...all.slice(first), ...all.slice(0, first)]
    for (const { root, insert, inside, undo, history } of turns) {
      const inserted = await sync(root, 100)
      // Before the undo, which keeps the rows there for a redo.
      const left = historyBytes(root, inserted.run.checkpoint_id)
      const undone = await rollback(root, inserted.run.checkpoint_id)
      if (round === 0) continue
      insert.push(inserted)
      inside.push(inserted.run.durationMs)
      undo.push(undone)
      history.push(left)
    }
  }
  for (const { root, bytes } of all) {
    const now = statSync(dataOf(root, format)).size
    // A database keeps its pages, and a Parquet file that is restored is the one that was.
    if (format !== "sqlite" && now !== bytes) throw new Error(`${root}: ${now} bytes after all undos, not ${bytes}`)
  }
  return all
}

/** A cell for each size, also of those that the format was spared. */
const cells = (all: ReadonlyArray<Grown>, sizes: ReadonlyArray<number>, cell: (one: Grown) => string) =>
  sizes.map((size) => {
    const one = all.find((grown) => grown.size === size)
    return one === undefined ? "" : cell(one)
  })

const firstLine = (format: Format, all: ReadonlyArray<Grown>, sizes: ReadonlyArray<number>) => [
  format,
  ...cells(all, sizes, ({ bytes, first }) => `${(bytes / 1e6).toFixed(1)} MB in ${(first.time / 1000).toFixed(1)} s`),
]

const timeLines = (format: Format, all: ReadonlyArray<Grown>, sizes: ReadonlyArray<number>) => {
  const line = (name: string, figures: (one: Grown) => ReadonlyArray<number>, unit: string, aim?: number) => {
    const base = median(figures(all[0]!))
    const ratio = (one: Grown) => median(figures(one)) / base
    const most = Math.max(...all.map(ratio))
    return [
      `${format}, ${name}`,
      ...cells(all, sizes, (one) => `${count(median(figures(one)))} ${unit} (${times(ratio(one))})`),
      aim === undefined ? "" : verdict(most, aim),
    ]
  }
  const aim = format === "parquet" ? undefined : 1.3
  return [
    line("insert", ({ insert }) => insert.map(({ time }) => time), "ms", aim),
    line("insert, without the program's start", ({ inside }) => inside, "ms", aim),
    line("undo", ({ undo }) => undo.map(({ time }) => time), "ms", aim),
    line("history of the insert", ({ history }) => history, "bytes", aim),
  ]
}

const memoryLines = (format: Format, all: ReadonlyArray<Grown>, sizes: ReadonlyArray<number>) => {
  const line = (name: string, peak: (one: Grown) => Peak, has: ReadonlyArray<keyof Peak>, least = 0) => {
    const [before, last] = all
      .filter(({ size }) => size >= least)
      .slice(-2)
      .map(peak)
    return [
      `${format}, ${name}`,
      ...cells(all, sizes, (one) => has.map((whose) => peak(one)[whose].toFixed(0)).join(", ")),
      last === undefined ? "" : verdict(Math.max(...has.map((whose) => last[whose] / before![whose])), 1.3),
    ]
  }
  return [
    // Fewer rows end before the heap has grown to where it is collected.
    line("first sync", ({ first }) => peakOf([first]), ["own", "guest"], 1_000_000),
    line("insert", ({ insert }) => peakOf(insert), ["own", "guest"]),
    line("undo", ({ undo }) => peakOf(undo), ["own"]),
  ]
}

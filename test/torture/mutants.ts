import * as fs from "node:fs"
import * as path from "node:path"
import { type Course, coursesFor, inOrder } from "./courses.ts"
import { table } from "./mutantTable.ts"

/** One step of the store's that is left out, in sources of which all else is as it is. */
export interface Mutant {
  /** Where it is: a file of the store, and the line. */
  readonly place: string
  /** What is left out. */
  readonly removed: string
  /** From the root of the project. */
  readonly file: string
  readonly mutated: string
  /** The tests that ought to notice, the likeliest first. */
  readonly courses: ReadonlyArray<Course>
  /** Why nothing has to notice. */
  readonly excuse: string | null
}

/** Steps without which nothing is lost, by file. */
const excuses: ReadonlyArray<readonly [name: string, removed: RegExp, why: string]> = [
  ["checked.ts", /./, "only a cache: without it a file is read once more"],
]

const store = path.join("src", "layers", "store")

/** What changes something through the seam to the disk, flushes included. */
const calls =
  /\bdisk\.(?:mkdir|stage|pour|write|splice|writeAt|truncate|fsync|fsyncDirectory|rename|link|unlink|removeTree|adopt)\(/g

/** Each call that changes something on the disk, and each entry of the table; first what is the easiest to miss. */
export const mutantsOf = (root: string): ReadonlyArray<Mutant> => {
  const files = fs
    .readdirSync(path.join(root, store), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && name !== "Disk.ts")
    .toSorted()
  const read = (name: string) => fs.readFileSync(path.join(root, store, name), "utf8")
  const steps = files.flatMap((name) => {
    const source = read(name)
    return [...source.matchAll(calls)].map((match): Mutant => {
      const end = closingOf(source, match.index + match[0].length)
      const removed = source.slice(match.index, end).replaceAll(/\s+/g, " ")
      return {
        place: `${name}:${lineAt(source, match.index)}`,
        removed,
        file: path.join(store, name),
        mutated: `${source.slice(0, match.index)}Effect.void${source.slice(end)}`,
        courses: inOrder(coursesFor(name, removed)),
        excuse: excuseOf(name, removed),
      }
    })
  })
  const entries = Object.entries(table).flatMap(([name, ofFile]) =>
    ofFile.map(({ what, edits, courses }): Mutant => {
      const source = read(name)
      const mutated = edits.reduce((text, [from, to]) => {
        // An entry that is out of date must not pass for one that was noticed.
        if (!text.includes(from)) throw new Error(`${name} has no longer what "${what}" is about: ${from}`)
        return text.replaceAll(from, () => to)
      }, source)
      const [first] = edits[0]!
      return {
        place: `${name}:${lineAt(source, source.indexOf(first))}`,
        removed: what,
        file: path.join(store, name),
        mutated,
        courses: inOrder(courses ?? coursesFor(name, first)),
        excuse: excuseOf(name, what),
      }
    }),
  )
  const isFlush = ({ removed }: Mutant) => removed.startsWith("disk.fsync")
  return [...steps.filter(isFlush), ...entries, ...steps.filter((step) => !isFlush(step))]
}

const excuseOf = (name: string, removed: string): string | null =>
  excuses.find(([file, what]) => file === name && what.test(removed))?.[2] ?? null

const lineAt = (source: string, index: number): number => source.slice(0, index).split("\n").length

/** Behind the parenthesis that closes what was opened before `start`. */
const closingOf = (source: string, start: number): number => {
  let depth = 1
  let at = start
  for (; depth > 0; at++) {
    if (at >= source.length) throw new Error("a call that never ends")
    if (source[at] === "(") depth++
    else if (source[at] === ")") depth--
  }
  return at
}

import * as path from "node:path"

/** Tests to be run on a mutant, until one fails. */
export interface Course {
  /** Test files, from the root of the project. */
  readonly files: ReadonlyArray<string>
  /** Of their names. */
  readonly tests: RegExp
  /** As the suite runs them, so many times as many points, or every point. */
  readonly points: number | "all"
}

const tests = path.join("test", "layers", "store")
const faults = [path.join(tests, "faults.test.ts")]
const doubles = [path.join(tests, "doubleFaults.test.ts")]

/** Formats, by `|`; scenarios by their names. */
const single = (points: Course["points"], formats: string, ...scenarios: ReadonlyArray<string>): Course => ({
  files: faults,
  tests: new RegExp(`^ *(?:${formats}): .* state after[ >]+(?:${scenarios.join("|")})$`),
  points,
})

/** As the suite does, then with more of all, then with all. */
const both = (formats: string, ...scenarios: ReadonlyArray<string>): ReadonlyArray<Course> => [
  single(1, formats, ...scenarios),
  single(6, formats, ...scenarios),
  single("all", formats, ...scenarios),
]

const twice = (points: Course["points"], tests: RegExp): Course => ({ files: doubles, tests, points })

/** Tests without faults, such as those with other people at the files. */
export const plainly = (...names: ReadonlyArray<string>): Course => ({
  files: names.map((name) => path.join(tests, `${name}.test.ts`)),
  tests: /./,
  points: 1,
})

export const abroad = both("csv", ".* on another device")
export const tables = both("db", "first insert", "insert", "replace", "undo the first insert", "undo an insert")
export const arrays = both("json", "insert", "undo an insert", "redo an insert", "undo three outputs", "first insert")
export const cuts = both("csv", "undo an insert", "undo three outputs", "undo many")
export const swaps = both("csv", "replace", "undo a replace", "redo a replace", "first replace")
export const appends = both("csv", "insert", "insert behind a missing line end", "redo an insert")
export const firsts = both("csv", "first insert", "first writes of three outputs")
export const pruning = both("csv", "prune")
export const nested = both("csv|db", "first insert, deep down")
export const nothing = both("csv", "nothing new")
const many = both("csv", "insert, replace and cursor over three outputs", "undo many", "redo many")
export const recovery = [1, 4].flatMap((points) => [
  twice(points, /taking back$/),
  twice(points, /while recovering$/),
  twice(points, /went on$/),
])

/** Few points of each, then more of each; those of one file at once. */
export const inOrder = (courses: ReadonlyArray<Course>): ReadonlyArray<Course> => {
  const merged = new Map<string, Course>()
  for (const { files, tests, points } of courses) {
    const key = `${files.join()} ${points}`
    const there = merged.get(key)
    merged.set(key, {
      files,
      points,
      tests: there === undefined ? tests : new RegExp(`${there.tests.source}|${tests.source}`),
    })
  }
  const rank = ({ points }: Course) => (points === "all" ? Number.MAX_SAFE_INTEGER : points)
  return [...merged.values()].toSorted((one, other) => rank(one) - rank(other))
}

/** Where a missing step of that file shows. */
export const coursesFor = (name: string, code: string): ReadonlyArray<Course> => {
  const first = [...appends, ...swaps]
  switch (name) {
    case "steps.ts":
      if (/\bpart\b|besideOf/.test(code)) return abroad
      if (/edited/.test(code)) return [plainly("meddling")]
      if (/tail/.test(code)) return arrays
      return [...first, ...cuts, ...abroad, ...arrays, ...recovery, ...many]
    case "journal.ts":
      return [...first, ...cuts, ...firsts, ...recovery, ...abroad, ...tables, ...many]
    case "database.ts":
    case "tableArrival.ts":
    case "table/connect.ts":
      return tables
    case "tableTurning.ts":
      return /removeTree/.test(code) ? [plainly("database")] : tables
    case "home.ts":
      return [...nested, ...firsts]
    case "retention.ts":
      return pruning
    case "rewriting.ts":
      return [...arrays, ...both("csv", "a column widens", "replace")]
    case "parquetFile.ts":
      return both("parquet", "first insert", "insert", "replace")
    case "draft.ts":
      return [...firsts, ...swaps, ...appends, ...tables]
    default:
      return [...firsts, ...first, ...cuts]
  }
}

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
const faultsOf = (formats: string) => [
  ...(/csv|json/.test(formats) ? [path.join(tests, "faults.test.ts")] : []),
  ...(/db|parquet/.test(formats) ? [path.join(tests, "faultsBinary.test.ts")] : []),
]
const doubles = [path.join(tests, "doubleFaults.test.ts")]

/** Formats, by `|`; scenarios by their names. */
const single = (points: Course["points"], formats: string, ...scenarios: ReadonlyArray<string>): Course => ({
  files: faultsOf(formats),
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

export const abroad = both("csv", "replace on another device", "undo on another device")
export const tables = both("db", "first insert", "insert", "replace", "undo the first insert", "undo an insert")
export const arrays = both("json", "insert", "undo an insert", "redo an insert")
export const cuts = both("csv", "undo an insert", "undo three outputs", "undo many")
export const swaps = both("csv", "replace", "undo a replace", "redo a replace")
export const appends = both("csv", "insert", "insert behind a missing line end", "redo an insert")
export const firsts = both("csv", "first insert", "first writes of three outputs")
export const pruning = both("csv", "prune")
export const nested = both("csv|db", "first insert, deep down")
export const nothing = both("csv", "nothing new")
const basics = both("csv", "insert", "replace", "undo an insert")
const parquets = both("parquet", "first insert", "insert", "replace")
const rewrites = both("csv", "a column widens", "replace")
const takingBack = [
  twice(1, /by hand after a failure/),
  twice(1, /csv.* undo an insert: while taking back$/),
  twice(1, /csv.*(insert|replace): while taking back$/),
  twice(4, /while taking back$/),
]
export const readers = [twice(1, /csv.* redo a replace: while taking back$/), ...both("csv", "redo a replace")]
const goingOn = [twice(1, /csv.*went on$/), twice(4, /went on$/)]
export const recovery = [...takingBack, ...goingOn, twice(1, /csv.*recovering$/), twice(4, /while recovering$/)]

/** Few points of each, then more of each. */
export const inOrder = (courses: ReadonlyArray<Course>): ReadonlyArray<Course> => {
  const rank = ({ points }: Course) => (points === "all" ? Number.MAX_SAFE_INTEGER : points)
  return courses.toSorted((one, other) => rank(one) - rank(other))
}

/** The one test in which what is left out shows soonest, where that is not the first of all. */
const hints: ReadonlyArray<readonly [name: string, code: RegExp, hint: ReadonlyArray<Course>]> = [
  ["draft.ts", /adopt/, [plainly("places")]],
  ["journal.ts", /partOf/, [single(1, "csv", "undo on another device")]],
  ["steps.ts", /step\.at \+ ours|behind > 0/, [plainly("meddling")]],
  ["retention.ts", /^disk.rename/, [plainly("laws")]],
  ["journal.ts", /^disk.removeTree\(journal/, [single(1, "csv", "insert")]],
  ["journal.ts", /unlink\(inHome/, [plainly("leftovers")]],
  ["journal.ts", /adopt/, [plainly("places")]],
  ["steps.ts", /adopt/, [plainly("places")]],
  [
    "journal.ts",
    /committed|plan\.made/,
    [twice(1, /csv.* insert: while taking back$/), twice(1, /csv.* undo an insert: while taking back$/)],
  ],
  ["journal.ts", /fsyncDirectory\(history\)/, [single(1, "csv", "insert"), twice(1, /csv.* insert: after another/)]],
  [
    "journal.ts",
    /fsyncDirectory\(parentOf\(journal/,
    [single(1, "csv", "insert"), twice(1, /csv.* insert: while taking back$/)],
  ],
  [
    "journal.ts",
    /fsyncDirectory\(journal|fresh/,
    [single(1, "csv", "undo an insert"), twice(1, /csv.* insert: while/)],
  ],
  ["journal.ts", /extents|owner|alloc|inHome\(as\)\)$/, [single(1, "csv", "undo an insert", "undo many")]],
  ["journal.ts", /directory\)|link/, [single(1, "csv", "replace")]],
  ["journal.ts", /parentOf\(home|\(home\)/, [single(1, "csv", "first insert", "insert behind a missing line end")]],
  [
    "steps.ts",
    /tail, step.to|file, step|fsync\(file/,
    [single(1, "csv", "undo an insert"), single(1, "json", "undo an insert")],
  ],
  ["steps.ts", /fsync\(target|truncate/, [single(1, "csv", "insert"), twice(1, /csv.* insert: while taking back$/)]],
  [
    "steps.ts",
    /fsyncDirectory/,
    [single(1, "csv", "replace"), twice(1, /csv.* (?:redo a )?replace: while taking back$/)],
  ],
  [
    "steps.ts",
    /unlink|rename|link/,
    [single(1, "csv", "first insert", "replace"), twice(1, /csv.* redo a replace: while taking back$/)],
  ],
  ["draft.ts", /fsync\(file/, [single(1, "db", "insert")]],
]

/** Where a missing step of that file shows, the likeliest first. */
export const coursesFor = (name: string, code: string): ReadonlyArray<Course> => {
  const hint = hints.find(([file, what]) => file === name && what.test(code))
  return [...(hint === undefined ? [] : hint[2]), ...allFor(name, code)]
}

const allFor = (name: string, code: string): ReadonlyArray<Course> => {
  switch (name) {
    case "steps.ts":
      if (/\bpart\b|besideOf/.test(code)) return abroad
      if (/edited/.test(code)) return [plainly("meddling")]
      if (/tail/.test(code)) return [...arrays, ...recovery]
      return [...basics, ...swaps, ...takingBack, ...abroad, ...arrays, ...recovery]
    case "journal.ts":
      if (/extents|owner|alloc/.test(code)) return [...cuts, ...abroad]
      if (/committed|plan\.made|stampsFile\)\)$|removeTree/.test(code)) return [...takingBack, ...recovery, ...cuts]
      return [...basics, ...takingBack, ...goingOn, ...firsts, ...cuts, ...swaps, ...recovery, ...tables]
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
      return [...arrays, ...rewrites]
    case "parquetFile.ts":
      return parquets
    default:
      return [...firsts, ...appends, ...swaps, ...cuts, ...tables]
  }
}

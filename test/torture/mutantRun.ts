import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Course } from "./courses.ts"
import type { Mutant } from "./mutants.ts"

/** What came of a mutant. `by`: how many points the course had whose test failed. */
export type Verdict =
  | { readonly fate: "noticed"; readonly by: Course["points"]; readonly test: string; readonly failure: string }
  | { readonly fate: "survived" }

/** Ends a course that ends no more, which is a way of noticing, too. */
const patience = 15 * 60_000

const config = `import { defineConfig } from "vitest/config"
export default defineConfig({
  test: { setupFiles: ["test/seed.ts"], include: ["test/**/*.test.ts"], testTimeout: 60_000, pool: "forks" },
})
`

/** The sources and the tests once more, in a directory that is theirs to change. */
export const copyTo = (root: string, copy: string): void => {
  for (const name of ["src", "test", "package.json", "tsconfig.json"])
    fs.cpSync(path.join(root, name), path.join(copy, name), {
      recursive: true,
      filter: (file) => !file.endsWith("node_modules"),
    })
  fs.symlinkSync(path.join(root, "node_modules"), path.join(copy, "node_modules"), "dir")
  fs.writeFileSync(path.join(copy, "vitest.config.ts"), config)
}

/** What has been seen to pass in sources without any mutation. */
const sound = new Set<string>()

/** A failure says something only of a test that else passes. */
const proveSound = async (copy: string, course: Course, { test, titles }: Failed): Promise<void> => {
  const key = `${course.points} ${test}`
  if (sound.has(key)) return
  const tests = new RegExp(`^ *${titles.map((title) => RegExp.escape(title)).join("[ >]+")}$`)
  const failed = await run(copy, { ...course, tests })
  if (failed !== null) throw new Error(`fails without any mutation: ${failed.test}: ${failed.failure}`)
  sound.add(key)
}

/** Runs the courses on the mutant, in the copy, until a test fails. */
export const judge = async (copy: string, mutant: Mutant): Promise<Verdict> => {
  const file = path.join(copy, mutant.file)
  const source = fs.readFileSync(file, "utf8")
  const mutate = () => fs.writeFileSync(file, mutant.mutated)
  const restore = () => fs.writeFileSync(file, source)
  try {
    mutate()
    for (const course of mutant.courses) {
      if (process.env["UPTO"] && (course.points === "all" || course.points > Number(process.env["UPTO"]))) continue
      const failed = await run(copy, course)
      if (failed === null) continue
      restore()
      if (failed.titles.length > 0) await proveSound(copy, course, failed)
      const { test, failure } = failed
      return { fate: "noticed", by: course.points, test, failure }
    }
    return { fate: "survived" }
  } finally {
    restore()
  }
}

interface Result {
  readonly testResults: ReadonlyArray<{
    readonly message?: string
    readonly assertionResults: ReadonlyArray<{
      readonly ancestorTitles: ReadonlyArray<string>
      readonly title: string
      readonly fullName: string
      readonly status: string
      readonly failureMessages?: ReadonlyArray<string | null>
    }>
  }>
}

interface Failed {
  readonly test: string
  /** Of what it is in, and its own. */
  readonly titles: ReadonlyArray<string>
  readonly failure: string
}

/** The first test that failed; null when all passed. */
export const run = async (copy: string, { files, tests, points }: Course): Promise<Failed | null> => {
  const output = path.join(copy, "results.json")
  fs.rmSync(output, { force: true })
  const vitest = path.join(copy, "node_modules", "vitest", "vitest.mjs")
  const options = ["--bail=1", "--reporter=json", `--outputFile=${output}`, "-t", tests.source]
  const env: NodeJS.ProcessEnv = { ...process.env }
  delete env["TORTURE"]
  delete env["POINTS"]
  if (points === "all") env["TORTURE"] = "1"
  else env["POINTS"] = String(points)
  const child = spawn(process.execPath, [vitest, "run", ...files, ...options], {
    cwd: copy,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  })
  let said = ""
  child.stderr.on("data", (text) => (said += String(text)))
  const timer = setTimeout(() => child.kill("SIGKILL"), patience)
  await new Promise((closed) => child.once("close", closed))
  clearTimeout(timer)
  if (child.signalCode === "SIGKILL")
    return { test: "(none)", titles: [], failure: `nothing more came in ${patience} ms` }
  if (!fs.existsSync(output)) throw new Error(`the tests did not run: ${said}`)
  const { testResults } = JSON.parse(fs.readFileSync(output, "utf8")) as Result
  const ran = testResults.flatMap(({ assertionResults }) => assertionResults)
  const failed = ran.find(({ status }) => status === "failed")
  if (failed !== undefined) {
    const failure = failed.failureMessages?.[0] ?? ""
    const titles = [...failed.ancestorTitles, failed.title]
    return { test: failed.fullName, titles, failure: failure.split("\n")[0]!.slice(0, 300) }
  }
  // What cannot even be loaded, or selects no test, has proved nothing.
  if (!ran.some(({ status }) => status === "passed")) {
    throw new Error(
      `no test ran: ${String(tests)} of ${files.join(", ")}: ${testResults.map(({ message }) => message).join()} ${said}`,
    )
  }
  return null
}

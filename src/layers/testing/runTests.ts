import { Effect } from "effect"
import { once } from "node:events"
import * as path from "node:path"
import { Writable } from "node:stream"
import { pathToFileURL } from "node:url"
import { ownFile } from "../packageRoot.ts"

export interface TestResult {
  /** Relative to the project, with slashes. */
  readonly file: string
  readonly name: string
  readonly outcome: "passed" | "failed" | "skipped" | "todo"
  readonly durationMs: number
  /** Why it failed; null unless it did. */
  readonly error: string | null
}

interface Running {
  /** The project's. */
  readonly directory: string
  /** Absolute. */
  readonly files: ReadonlyArray<string>
  /** Text for people, as it comes; null where nobody reads. */
  readonly tell: ((text: string) => void) | null
}

/** Runs test files by Node's own runner, each in a process of its own, and answers each test's outcome in their order. */
export const runTests = Effect.fnUntraced(function* ({ directory, files, tell }: Running) {
  const { run } = yield* Effect.promise(() => import("node:test"))
  const { spec } = yield* Effect.promise(() => import("node:test/reporters"))
  const results: Array<TestResult> = []
  const hooks = pathToFileURL(ownFile("ownCopies.mjs", "src/layers/testing/ownCopies.ts"))
  yield* Effect.promise(async (signal) => {
    const events = run({ files: [...files], cwd: directory, execArgv: [`--import=${hooks.href}`], signal })
    const said = new Map<string, string>()
    const hear = ({ file = "", message }: { readonly file?: string | undefined; readonly message: string }) =>
      void said.set(file, `${said.get(file) ?? ""}${message.trimEnd()}\n`.slice(-longestSaid))
    const keep = (outcome: "passed" | "failed") => (test: TestEvent) => {
      if (isOwn(outcome, test)) results.push(resultOf(directory, outcome, test, said.get(test.file ?? "") ?? ""))
    }
    events.on("test:stderr", hear).on("test:diagnostic", hear)
    events.on("test:pass", keep("passed")).on("test:fail", keep("failed"))
    const told = new Writable({
      write: (text, _encoding, done) => {
        tell?.(String(text))
        done()
      },
    })
    events.compose(new spec()).pipe(told)
    await once(told, "finish")
  })
  return results
})

/** Characters of what a file wrote to stderr: the last of it, which says why it ended. */
const longestSaid = 4_000

/** What is read of the runner's events. */
interface TestEvent {
  readonly name: string
  readonly file?: string | undefined
  readonly skip?: string | boolean | undefined
  readonly todo?: string | boolean | undefined
  readonly details: {
    readonly type?: string | undefined
    readonly duration_ms: number
    readonly error?: Failure | undefined
  }
}

interface Failure extends Error {
  readonly failureType?: unknown
  /** Of a whole file. */
  readonly exitCode?: number | null
  readonly signal?: string | null
}

/** A suite is what its tests are, unless it failed by itself: by a hook, or by what stands around its tests. */
const isOwn = (ended: "passed" | "failed", { details }: TestEvent): boolean =>
  details.type !== "suite" || (ended === "failed" && details.error?.failureType !== "subtestsFailed")

const resultOf = (directory: string, ended: "passed" | "failed", test: TestEvent, said: string): TestResult => {
  const { name, skip, todo, details } = test
  const outcome = isSaid(skip) ? "skipped" : isSaid(todo) ? "todo" : ended
  const file = path.relative(directory, test.file ?? directory).replaceAll("\\", "/")
  // A file that has no test, or doesn't come to it, is told of by its path.
  const isFile = name === test.file
  return {
    file,
    name: isFile ? file : name,
    outcome,
    durationMs: Math.round(details.duration_ms),
    error: outcome !== "failed" ? null : isFile ? endOf(details.error, said) : whyOf(details.error),
  }
}

const whyOf = (error: Failure | undefined): string | null =>
  error?.cause instanceof Error ? error.cause.message : (error?.message ?? null)

const endOf = (error: Failure | undefined, said: string): string => {
  const how =
    error?.signal == null ? `ended with exit code ${error?.exitCode ?? "unknown"}` : `was ended by ${error.signal}`
  return `the file ${how}${said === "" ? "" : `\n${said.trimEnd()}`}`
}

/** `skip: ""` is said, too; only what is absent isn't. */
const isSaid = (mark: string | boolean | undefined): boolean => mark !== undefined && mark !== false

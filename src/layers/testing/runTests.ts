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
    const keep = (outcome: "passed" | "failed") => (test: TestEvent) => {
      // A suite is what its tests are.
      if (test.details.type !== "suite") results.push(resultOf(directory, outcome, test))
    }
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

/** What is read of the runner's events. */
interface TestEvent {
  readonly name: string
  readonly file?: string | undefined
  readonly skip?: string | boolean | undefined
  readonly todo?: string | boolean | undefined
  readonly details: {
    readonly type?: string | undefined
    readonly duration_ms: number
    readonly error?: Error | undefined
  }
}

const resultOf = (directory: string, ended: "passed" | "failed", test: TestEvent): TestResult => {
  const { name, file, skip, todo, details } = test
  const outcome = isSaid(skip) ? "skipped" : isSaid(todo) ? "todo" : ended
  const cause = details.error?.cause
  return {
    file: path.relative(directory, file ?? directory).replaceAll("\\", "/"),
    name,
    outcome,
    durationMs: Math.round(details.duration_ms),
    error: outcome === "failed" ? (cause instanceof Error ? cause.message : (details.error?.message ?? null)) : null,
  }
}

/** `skip: ""` is said, too; only what is absent isn't. */
const isSaid = (mark: string | boolean | undefined): boolean => mark !== undefined && mark !== false

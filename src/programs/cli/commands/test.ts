import { Effect } from "effect"
import { Command } from "effect/cli"
import { globSync } from "node:fs"
import * as path from "node:path"
import { coreAt } from "../../../layers/Core.ts"
import { runTests, type TestResult } from "../../../layers/testing/runTests.ts"
import { type CheckedManifest, ManifestService } from "../../../services/ManifestService.ts"
import { unknownConnector } from "../../answers/connectorNames.ts"
import { keepAuthorTypes } from "../editorFiles.ts"
import { Finished, UsageError } from "../failure.ts"
import { printJson, wantsJson } from "../output.ts"
import { projectFlag, resolveTarget, targets } from "../target.ts"

export const test = Command.make(
  "test",
  { targets: targets("connector"), project: projectFlag },
  Effect.fn("cli.test")(function* ({ targets, project }) {
    const { directory, rest } = yield* resolveTarget(targets, project, 1)
    const files = yield* Effect.gen(function* () {
      const checked = yield* ManifestService.use((manifests) => manifests.load)
      yield* keepAuthorTypes
      return yield* testsOf(checked, rest[0] ?? null)
    }).pipe(Effect.provide(coreAt(directory)))
    const tell = wantsJson() ? null : (text: string) => void process.stdout.write(text)
    const tests = yield* runTests({ directory, files, tell })
    if (wantsJson()) yield* printJson({ ok: tests.every(isFine), tests })
    if (!tests.every(isFine)) return yield* new Finished({ code: 1 })
  }),
).pipe(
  Command.withDescription("Run the tests beside the connectors, or beside the one named; nothing has to be installed"),
  Command.withExamples([
    { command: "openislands test", description: "Run every index.test.ts and its like beside a connector's code" },
    { command: "openislands test my-data weather", description: "Run those of one connector of another project" },
  ]),
)

const isFine = ({ outcome }: TestResult): boolean => outcome !== "failed"

/** Two connectors may share a directory. */
const testsOf = Effect.fnUntraced(function* ({ outline, connectorNames }: CheckedManifest, connector: string | null) {
  if (connector !== null && !connectorNames.includes(connector))
    return yield* unknownConnector(connector, connectorNames)
  const modules = [...outline.modules].filter(([name]) => connector === null || name === connector)
  const directories = new Set(modules.map(([, { directory }]) => directory))
  const files = [...directories].flatMap((directory) =>
    globSync("**/*.test.{ts,tsx,mts,js,jsx,mjs}", { cwd: directory, exclude: ["**/node_modules/**"] }).map((file) =>
      path.join(directory, file),
    ),
  )
  if (files.length > 0) return [...new Set(files)].toSorted()
  return yield* new UsageError(
    connector === null ? "no connector has a test" : `connector "${connector}" has no test`,
    'A test is a file beside index.ts whose name ends in .test.ts; "openislands new" writes one with each connector.',
  )
})

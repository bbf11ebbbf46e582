import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** Short files that take minutes: begun last, they would leave the other processors without work. */
const long = /store\/(faults|faultsBinary|doubleFaults|conformance|laws)\.test\.ts$|refreshStress|runaways/

const isLong = ({ moduleId }: TestSpecification): boolean => long.test(moduleId)

class LongestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const usual = super.sort.bind(this)
    const sorted = await usual(files)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

export default defineConfig({
  test: {
    setupFiles: ["test/seed.ts"],
    include: ["test/**/*.test.ts"],
    globalSetup: "test/builtCli.ts",
    // What is printed is the same whether vitest was started by npm or by npx.
    env: { npm_command: "" },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: "forks",
    // The default leaves one processor to Vitest, which has little to do: of two that would be half.
    maxWorkers: "100%",
    sequence: { sequencer: LongestFirst },
  },
})

import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    setupFiles: ["test/seed.ts"],
    include: ["test/**/*.test.ts"],
    globalSetup: "test/builtCli.ts",
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: "forks",
    // The default leaves one processor to Vitest, which has little to do: of two that would be half.
    maxWorkers: "100%",
  },
})

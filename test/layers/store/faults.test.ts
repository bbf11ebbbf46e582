import { afterAll } from "vitest"
import { tally } from "./faultPoints.ts"
import { testFaultsIn } from "./faultsIn.ts"

afterAll(() => void process.stdout.write(tally()))

for (const format of ["csv", "jsonl", "json"]) testFaultsIn(format)

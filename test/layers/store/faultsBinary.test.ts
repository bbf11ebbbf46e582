import { afterAll } from "vitest"
import { tally } from "./faultPoints.ts"
import { testFaultsIn } from "./faultsIn.ts"

afterAll(() => void process.stdout.write(tally()))

// A file of their own, so that another processor can see to them.
for (const format of ["db", "parquet"]) testFaultsIn(format)

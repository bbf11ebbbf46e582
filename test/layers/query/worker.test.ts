import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { withoutDescriptors } from "../../fixtures/descriptors.ts"

it.live("a query whose process cannot be started for want of open files is an error that says so", () =>
  Effect.gen(function* () {
    assert.include(yield* withoutDescriptors("query"), "could not be started: too many files are open")
  }),
)

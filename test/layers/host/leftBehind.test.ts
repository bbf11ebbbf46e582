import { it } from "@effect/vitest"
import { Effect } from "effect"
import * as path from "node:path"
import { endLeftBehind } from "../../../src/layers/host/leftBehind.ts"
import { temporaryProject } from "../../fixtures/project.ts"

it.live("guests of hosts that died are none where nobody can tell: somebody may have emptied the cache meanwhile", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ "a file": "" })
    yield* endLeftBehind(path.join(root, "not there"))
    yield* endLeftBehind(path.join(root, "a file"))
  }),
)

import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { closeSync, openSync } from "node:fs"
import * as path from "node:path"
import { fileSink, WriteFailed } from "../../../src/layers/host/stageSink.ts"
import { intoNothing } from "../../fixtures/guest.ts"
import { temporaryProject } from "../../fixtures/project.ts"

it.live("what the disk refuses is no fault of the rows, when they are written and when they are taken back", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({ staged: "" })
    // Open for reading only, it takes neither.
    const fd = openSync(path.join(root, "staged"), "r")
    const sink = fileSink({ output: "rows", dataset: "rows", fd, ...intoNothing })
    assert.throws(() => sink.write(Buffer.from("row\n")), WriteFailed)
    assert.throws(() => sink.discard(), WriteFailed)
    closeSync(fd)
  }),
)

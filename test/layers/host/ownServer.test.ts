import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { createRequire, syncBuiltinESMExports } from "node:module"
import * as path from "node:path"
import { ownServer } from "../../../src/layers/host/ownServer.ts"
import { temporaryProject } from "../../fixtures/project.ts"

const os = createRequire(import.meta.url)("node:os") as { networkInterfaces: () => unknown }

/** As in a container that may not ask for them. */
const withoutInterfaces = Effect.acquireRelease(
  Effect.sync(() => {
    const { networkInterfaces } = os
    os.networkInterfaces = () => {
      throw new Error("A system error occurred: uv_interface_addresses returned Unknown system error 97")
    }
    syncBuiltinESMExports()
    return networkInterfaces
  }),
  (networkInterfaces) =>
    Effect.sync(() => {
      os.networkInterfaces = networkInterfaces
      syncBuiltinESMExports()
    }),
)

it.live("this project's own server is known by its name where the system doesn't tell this machine's addresses", () =>
  Effect.gen(function* () {
    const root = yield* temporaryProject({
      "serve.json": JSON.stringify({ origin: "http://127.0.0.1:4321", pid: process.pid }),
    })
    const file = path.join(root, "serve.json")
    const before = yield* ownServer(file)
    assert.include(before?.addresses.join(" "), "127.0.0.1")
    yield* withoutInterfaces
    assert.deepEqual(yield* ownServer(file), { ports: [4321], addresses: ["127.0.0.1"] })
  }),
)

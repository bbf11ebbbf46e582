import { describe, it } from "@effect/vitest"
import { endings } from "../../fixtures/endings.ts"
import { hostileHost } from "../../fixtures/hostile.ts"

describe.concurrent("however a connector ends, the run says so, and the host goes on:", () => {
  const check = hostileHost(endings)
  for (const name of Object.keys(endings)) it.live(name, () => check(name))
})

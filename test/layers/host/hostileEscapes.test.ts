import { describe, it } from "@effect/vitest"
import { escapes, scene } from "../../fixtures/escapes.ts"
import { hostileHost } from "../../fixtures/hostile.ts"

describe.concurrent("a connector that gets what it wants without the fence gets an error with it:", () => {
  const check = hostileHost(escapes, scene)
  for (const name of Object.keys(escapes)) it.live(name, () => check(name))
})

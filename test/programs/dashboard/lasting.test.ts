import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Logger } from "effect"
import { TestClock } from "effect/testing"
import { layerAt } from "../../../src/layers/NodeProject.ts"
import * as PubSubEvents from "../../../src/layers/PubSubEvents.ts"
import { scheduling } from "../../../src/programs/dashboard/scheduling.ts"
import { watching } from "../../../src/programs/dashboard/watching.ts"
import { ConnectorCatalog } from "../../../src/services/ConnectorCatalog.ts"
import { ManifestService } from "../../../src/services/ManifestService.ts"
import { ProjectChanges } from "../../../src/services/ProjectChanges.ts"
import { Scheduler } from "../../../src/services/Scheduler.ts"
import { temporaryProject } from "../../fixtures/project.ts"

/** A bug the first time, and what it should be from then on. */
const failsOnce = () => {
  const state = { begun: 0 }
  const effect = Effect.suspend(() => (++state.begun === 1 ? Effect.die(new Error("a bug")) : Effect.never))
  return { state, effect }
}

for (const [what, effect, words] of [
  ["the schedule", scheduling, "the scheduler failed, and starts anew: this is a bug in openislands"],
  ["what is watched", watching, "watching the project failed, and starts anew: this is a bug in openislands"],
] as const) {
  it.effect(`a bug of ours doesn't end ${what} in silence, nor for good`, () =>
    Effect.gen(function* () {
      const root = yield* temporaryProject({ "manifest.json": "{}" })
      const { state, effect: failing } = failsOnce()
      const said: Array<string> = []
      const services = Layer.mergeAll(
        layerAt(root),
        PubSubEvents.layer,
        Layer.mock(ConnectorCatalog, { lookAgain: Effect.void, due: Effect.never }),
        Layer.mock(ManifestService, { load: Effect.never }),
        Layer.mock(ProjectChanges, { watch: () => failing }),
        Layer.mock(Scheduler, { run: () => failing, wake: Effect.void }),
        Logger.layer([Logger.make(({ message }) => void said.push(String([message].flat()[0])))]),
      )
      const context = yield* Layer.build(services)
      const fiber = yield* Effect.forkChild(effect.pipe(Effect.provideContext(context)))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(state.begun, 1)
      assert.deepEqual(said, [words])
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(state.begun, 2)
      yield* Fiber.interrupt(fiber)
      assert.lengthOf(said, 1)
    }),
  )
}

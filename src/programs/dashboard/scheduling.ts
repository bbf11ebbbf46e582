import { Effect } from "effect"
import { Events } from "../../services/Events.ts"
import { Scheduler } from "../../services/Scheduler.ts"
import { lasting } from "./lasting.ts"

/** Runs what is due. */
export const scheduling = Effect.gen(function* () {
  const { publish } = yield* Events
  const { run } = yield* Scheduler
  return yield* lasting("the scheduler", run(publish))
})

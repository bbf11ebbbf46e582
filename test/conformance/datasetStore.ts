import { it } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { describe } from "vitest"
import { acting } from "./datasetStore/acting.ts"
import { actingLaw } from "./datasetStore/actingLaw.ts"
import { drifting } from "./datasetStore/drifting.ts"
import { inParts } from "./datasetStore/inParts.ts"
import { law } from "./datasetStore/law.ts"
import { reading } from "./datasetStore/reading.ts"
import { retyping } from "./datasetStore/retyping.ts"
import { reviewing } from "./datasetStore/reviewing.ts"
import { settling } from "./datasetStore/settling.ts"
import { together } from "./datasetStore/together.ts"
import { undoing } from "./datasetStore/undoing.ts"
import { upserting } from "./datasetStore/upserting.ts"
import { upsertingLaw } from "./datasetStore/upsertingLaw.ts"
import { writing } from "./datasetStore/writing.ts"
import type { Fresh, Scenarios } from "./datasetStore/scenario.ts"

const parts: Readonly<Record<string, Scenarios>> = {
  settling,
  writing,
  drifting,
  together,
  undoing,
  reading,
  retyping,
  reviewing,
  inParts,
  upserting,
  acting,
}

/** What everything that is a DatasetStore with its History promises; `make` gives a project of its own to each scenario. */
export const datasetStoreConformance = (name: string, make: Effect.Effect<Fresh, never, Scope.Scope>): void => {
  describe(name, () => {
    for (const [part, scenarios] of Object.entries(parts)) {
      describe(part, () => {
        for (const [title, scenario] of Object.entries(scenarios)) {
          it.live(title, () =>
            Effect.gen(function* () {
              const { layer, dataset } = yield* make
              yield* scenario(dataset).pipe(Effect.provide(layer))
            }),
          )
        }
      })
    }
    law(make)
    actingLaw(make)
    upsertingLaw(make)
  })
}

import { Effect } from "effect"
import type { SourceDataset } from "../../services/domain/Manifest.ts"
import type { Still } from "../../services/Snapshots.ts"
import { asItWas } from "./asItWas.ts"
import { underSharedLock } from "./commitLock.ts"
import { inspectDataset } from "./datasetState.ts"

type Use<A, E, R> = (found: ReadonlyArray<Still>) => Effect.Effect<A, E, R>

/** The datasets as they are, while nobody commits. */
export const snapshotNow = <A, E, R>(home: string, datasets: ReadonlyArray<SourceDataset>, use: Use<A, E, R>) =>
  underSharedLock(home, Effect.forEach(datasets, (dataset) => lookAt(home, dataset)).pipe(Effect.flatMap(use)))

/**
 * The datasets as they were right after a checkpoint. `scratch` is a home of its own, as far as contracts and whatever had
 * to be put together go; what is as it was, and what the history keeps whole, is read where it lies.
 */
export const snapshotAt = <A, E, R>(
  home: string,
  checkpoint: string,
  datasets: ReadonlyArray<SourceDataset>,
  scratch: string,
  use: Use<A, E, R>,
) =>
  underSharedLock(
    home,
    asItWas(home, checkpoint, datasets, scratch).pipe(
      Effect.flatMap(Effect.forEach((dataset) => lookAt(scratch, dataset))),
      Effect.flatMap(use),
    ),
  )

const lookAt = Effect.fnUntraced(function* (home: string, dataset: SourceDataset) {
  const { contract, columns, eol } = yield* inspectDataset(home, dataset)
  return { dataset, contract, header: columns, eol } satisfies Still
})
